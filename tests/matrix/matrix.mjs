// Runs the cells of the matrix. Run by tests/matrix/run, inside a network of
// its own; its comment has the options.
import {parseArgs} from 'node:util';

import {within} from '../js/deadline.mjs';
import {Client, Server} from '../js/parley.mjs';
import {servePage} from '../js/remote_page.mjs';
import {runCell} from './cell.mjs';
import {findDefect, shows} from './defects.mjs';
import {ParleyEnd} from './parley_end.mjs';
import {describeFailure, describeStack, firstLine, table} from './report.mjs';
import {Shared, references, stacks} from './stacks.mjs';

const CELL_MS = 400_000;
const CLOSE_MS = 20_000;

const ROLES = ['offerer', 'answerer'];
const PAYLOADS = ['data', 'audio'];
const ICE_MODES = {
  'full': {iceMode: 'ICE_MODE_FULL', address: '127.0.0.1:50051', args: []},
  'single-port': {
    iceMode: 'ICE_MODE_SINGLE_PORT',
    address: '127.0.0.1:50053',
    args: ['--udp-port=50054'],
  },
};
const subjects = {...stacks, ...references};
const OTHERS = '127.0.0.1:50055';

// A server and a client of it, for as long as cells want them.
class Service {
  constructor(address, args) {
    this.shared = new Shared(async () => ({
      server: await Server.start(address, ['--admin-listen=off', ...args]),
      client: new Client(address),
    }));
  }

  async get() {
    return (await this.shared.get()).client;
  }

  // It must have no peer left, have nothing to complain of, and end in order.
  async close() {
    this.shared.end = async ({server, client}) => {
      const {pool} = await client.pool.getPool();
      client.close();
      await server.stop();
      const bad = server.log.split('\n').filter((line) =>
        /^(E|F|WARNING|ERROR)/.test(line));
      if (bad.length > 0) throw new Error(`parleyd wrote:\n${bad.join('\n')}`);
      if (Number(pool.peers ?? 0) > 0) {
        throw new Error(`${pool.peers} peers were left`);
      }
    };
    await this.shared.close();
  }
}

class Matrix {
  verdicts = new Map();
  #verdicts = {passed: 'ok', failed: 'FAILED', impossible: 'impossible'};

  constructor(cells, options) {
    this.cells = cells;
    this.options = options;
    this.services = Object.fromEntries(
      Object.entries(ICE_MODES).map(([mode, {address, args}]) =>
        [mode, new Service(address, args)]));
    this.others = new Service(OTHERS, []);
  }

  async #openSubject(cell, against) {
    if (!against) {
      const client = await this.services[cell.ice].get();
      return new ParleyEnd('Parley', client,
        {iceMode: ICE_MODES[cell.ice].iceMode});
    }
    const title = against === cell.stack ? `the other ${against}` : against;
    return subjects[against].open(title, this);
  }

  // One cell with Parley, or with `against` in its place, whose descriptions go
  // through `alter`.
  async #try(cell, {against, alter}) {
    const ends = [];
    const started = performance.now();
    const title = cell.stack === 'parley' ? 'the other Parley' : cell.stack;
    let result;
    try {
      const subject = await this.#openSubject(cell, against);
      subject.alter = alter;
      ends.push(subject);
      const other = await stacks[cell.stack].open(title, this);
      ends.push(other);
      const [offerer, answerer] = cell.role === 'offerer'
        ? [other, subject] : [subject, other];
      result = await within(CELL_MS, 'the cell', runCell({
        offerer,
        answerer,
        audio: cell.payload === 'audio',
        facts: {[title]: stacks[cell.stack],
          [subject.name]: subjects[against ?? 'parley']},
        closer: offerer,
      }));
    } catch (error) {
      result = {passed: false, step: 'start', error};
    }
    for (const end of ends) {
      try {
        await within(CLOSE_MS, `the end of ${end.name}`, end.stop());
      } catch (error) {
        if (result.passed) result = {passed: false, step: 'end', error};
      }
    }
    return {...result, ends, ms: Math.round(performance.now() - started)};
  }

  async #run(cell) {
    const name =
      `${cell.stack} ${cell.role}, ${cell.ice}, ${cell.payload}`;
    const result = await this.#try(cell, this.options);
    const {passed, ms} = result;
    let verdict = passed ? 'passed' : 'failed';
    let proof;
    const defect = passed || this.options.against ? undefined
      : findDefect(cell, result);
    if (defect) {
      // The same without Parley: only if that fails too is it not Parley.
      proof = await this.#try(cell, defect);
      if (shows(defect, proof)) verdict = 'impossible';
    }
    console.log(`${name}: ${this.#verdicts[verdict]} (${ms} ms)`);
    if (verdict === 'failed') {
      console.log(describeFailure(result, this.options.detailed));
    }
    if (defect) {
      const altered = defect.altered ? `, ${defect.altered}` : '';
      console.log(`  ${defect.reason}\n  ${defect.against} in Parley's place` +
        `${altered}: ${proof.passed ? 'ok' : firstLine(proof.error)}`);
    }
    this.verdicts.set(cell, verdict);
  }

  async run() {
    const {url, server: http} = await servePage('Parley matrix');
    this.url = url;
    const queue = [...this.cells];
    await Promise.all(Array.from({length: this.options.lanes}, async () => {
      while (queue.length > 0) await this.#run(queue.shift());
    }));
    let clean = true;
    for (const used of [...Object.values(stacks), this.others,
      ...Object.values(this.services)]) {
      try {
        await within(CLOSE_MS, 'the end', used.close?.() ?? Promise.resolve());
      } catch (error) {
        clean = false;
        console.log(`At the end: ${error.message}`);
      }
    }
    http.close();
    return clean;
  }
}

function selectCells({only, role, ice, payload}) {
  const chosen = (all, given) =>
    all.filter((name) => given === undefined || [given].flat().includes(name));
  return chosen(Object.keys(stacks), only).flatMap((stack) =>
    chosen(ROLES, role).flatMap((role) =>
      chosen(Object.keys(ICE_MODES), ice).flatMap((ice) =>
        chosen(PAYLOADS, payload).map((payload) =>
          ({stack, role, ice, payload})))));
}

async function list() {
  for (const [name, stack] of Object.entries(stacks)) {
    const version = await stack.version().catch((error) => error.message);
    console.log(`${name} ${version}${describeStack(stack)}`);
    await stack.close?.();
  }
}

function readOptions() {
  const {values} = parseArgs({options: {
    only: {type: 'string', multiple: true},
    role: {type: 'string'},
    ice: {type: 'string'},
    payload: {type: 'string'},
    against: {type: 'string'},
    lanes: {type: 'string', default: '2'},
    detailed: {type: 'boolean', default: false},
    list: {type: 'boolean', default: false},
  }});
  const check = (name, known) => {
    if (!known[name]) throw new Error(`no stack is called '${name}'`);
  };
  for (const name of values.only ?? []) check(name, stacks);
  if (values.against !== undefined) check(values.against, subjects);
  const lanes = Number(values.lanes);
  if (!(lanes >= 1)) throw new Error('--lanes takes a number from 1');
  return {...values, lanes};
}

async function main() {
  const options = readOptions();
  if (options.list) {
    await list();
    return 0;
  }
  const cells = selectCells(options);
  if (cells.length === 0) throw new Error('these options select no cell');
  const matrix = new Matrix(cells, options);
  const clean = await matrix.run();
  const results = cells.map((cell) =>
    ({...cell, verdict: matrix.verdicts.get(cell)}));
  const count = (verdict) =>
    results.filter((result) => result.verdict === verdict).length;
  console.log(table(results));
  console.log(`matrix: ${count('passed')}/${cells.length} cells`);
  return clean && count('failed') === 0 ? 0 : 1;
}

process.exit(await main().catch((error) => {
  console.log(`matrix: ${error.message}`);
  return 1;
}));

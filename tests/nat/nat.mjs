// Runs every scenario, each in a process with a network of its own, several at a
// time. Run by tests/nat/run.
//
// Usage: nat.mjs [--only TEXT]
//        nat.mjs --here NAME     this one, in the network of this process
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {within} from '../js/deadline.mjs';
import {Lab} from './lab.mjs';
import {Pair} from './pair.mjs';
import {scenarios} from './scenarios.mjs';

const AT_ONCE = 4;
const SCENARIO_MS = 240_000;
const self = fileURLToPath(import.meta.url);

async function runHere({nats, configuration, flags, run}) {
  const lab = await Lab.start(nats);
  let pair;
  try {
    pair = await Pair.start(lab, configuration, flags);
    await within(SCENARIO_MS, 'the scenario', run(pair));
    await pair.end();
    return true;
  } catch (error) {
    console.log(error.stack);
    if (!pair) return false;
    for (const end of [pair.a, pair.b]) {
      console.log(`${end.name}: ${end.states.join(' ')}`);
      for (const candidate of end.candidates) console.log(`  ${candidate}`);
    }
    for (const {log} of pair.servers) console.log(log);
    await pair.kill();
    return false;
  } finally {
    await lab.end();
  }
}

async function runApart(name) {
  const start = performance.now();
  const user = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];
  const setup = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && exec "$@"';
  const child = spawn('unshare', [...user, '--net', '--mount', '--',
    'bash', '-c', setup, 'nat', process.execPath, self, '--here', name],
  {stdio: ['ignore', 'pipe', 'pipe']});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const [code] = await once(child, 'close');
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(code === 0 ? `${name}: ok (${seconds} s)`
    : `${name}: FAILED (${seconds} s)\n${output}`);
  return code === 0;
}

async function runAll(names) {
  let passed = 0;
  const left = [...names];
  await Promise.all(Array.from({length: AT_ONCE}, async () => {
    while (left.length > 0) if (await runApart(left.pop())) passed += 1;
  }));
  console.log(`nat: ${passed}/${names.length} scenarios`);
  return names.length > 0 && passed === names.length;
}

const {values: {only = '', here}} = parseArgs({options: {
  only: {type: 'string'},
  here: {type: 'string'},
}});
const passed = here ? await runHere(scenarios[here])
  : await runAll(Object.keys(scenarios).filter((name) => name.includes(only)));
process.exit(passed ? 0 : 1);

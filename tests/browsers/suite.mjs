// Negotiates every configuration between Parley and each browser, in both
// roles. Run by tests/browsers/run, inside a network of its own.
import {parseArgs} from 'node:util';

import {browsers} from '../js/browsers.mjs';
import {within} from '../js/deadline.mjs';
import {Client, Server} from '../js/parley.mjs';
import {servePage} from '../js/remote_page.mjs';
import {configurations} from './configurations.mjs';
import {Lane} from './lane.mjs';

const ADDRESS = '127.0.0.1:50051';
const CLOSE_MS = 20_000;

const roles = ['Parley offers', 'the browser offers'];

const {values: options} = parseArgs({options: {
  browser: {type: 'string', multiple: true, default: Object.keys(browsers)},
  role: {type: 'string', multiple: true, default: ['parley', 'browser']},
  only: {type: 'string', multiple: true, default: ['']},
  every: {type: 'string', default: '1'},
  repeat: {type: 'string', default: '1'},
  lanes: {type: 'string', default: '3'},
  list: {type: 'boolean', default: false},
  detailed: {type: 'boolean', default: false},
  verbose: {type: 'boolean', default: false},
}});

const selected = configurations.filter(({name}) =>
  options.only.some((part) => name.includes(part)));
const selectedRoles = roles.filter((role) =>
  options.role.some((word) => role.toLowerCase().includes(`${word} offers`)));

// The configurations in both roles that this browser can negotiate. The others
// are named: they do not count.
function tasksFor(browser, abilities) {
  return selected.flatMap((configuration) => {
    const missing = lacks(configuration.settings.needs ?? {}, abilities);
    if (missing) {
      console.log(`${configuration.name}: ${browser.name} ${browser.version} ` +
        `has no ${missing}: not counted`);
      return [];
    }
    return selectedRoles.map((role) => ({configuration, role}));
  }).filter((_, i) => i % Number(options.every) === 0);
}

// What the browser has not got of what is needed.
function lacks({audio = [], video = [], headerExtensions}, abilities) {
  return audio.find((name) => !abilities.audio.has(name.toLowerCase())) ??
    video.find((name) => !abilities.video.has(name.toLowerCase())) ??
    (headerExtensions && !abilities.headerExtensions
      ? 'choice of header extensions' : undefined);
}

// [succeeded, run] of one browser.
async function runBrowser(name, client, url) {
  const browser = await browsers[name]();
  try {
    const lanes = await Promise.all(Array.from({length: Number(options.lanes)},
      () => Lane.open(browser, url, client, options.detailed)));
    const once = tasksFor(browser, lanes[0].abilities);
    const tasks =
      Array.from({length: Number(options.repeat)}, () => once).flat();
    const total = tasks.length;
    let succeeded = 0;
    await Promise.all(lanes.map(async (lane) => {
      for (let task = tasks.shift(); task; task = tasks.shift()) {
        const start = Date.now();
        const failure = await lane.run(task);
        if (!failure) succeeded++;
        if (!failure && !options.verbose) continue;
        const {configuration, role} = task;
        console.log(`${configuration.name}; ${name} ${browser.version}; ` +
          `${role}: ${failure ? `FAILED ${failure}` : 'ok'} ` +
          `(${Date.now() - start} ms)`);
      }
    }));
    await Promise.all(lanes.map((lane) => lane.close()));
    return [succeeded, total];
  } finally {
    await within(CLOSE_MS, `the end of ${name}`, browser.close());
  }
}

async function main() {
  const {url, server: http} = await servePage('Parley browsers');
  const server = await Server.start(ADDRESS);
  const client = new Client(ADDRESS);
  const results = await Promise.allSettled(options.browser.map((name) =>
    runBrowser(name, client, url)));
  let [succeeded, total, broken] = [0, 0, false];
  results.forEach(({value, reason}, i) => {
    if (value) {
      succeeded += value[0];
      total += value[1];
    } else {
      broken = true;
      console.log(`${options.browser[i]}: FAILED: ${reason.stack}`);
    }
  });
  client.close();
  http.close();
  try {
    await server.stop();
  } catch (error) {
    broken = true;
    console.log(`FAILED: ${error.message}`);
  }
  if (broken) console.log(`parleyd wrote:\n${server.log}`);
  console.log(`browsers: ${succeeded}/${total} configurations`);
  return !broken && total > 0 && succeeded === total ? 0 : 1;
}

if (options.list) {
  for (const {name} of selected) console.log(name);
  process.exit(0);
}
process.exit(await main().catch((error) => {
  console.log(`browsers: ${error.stack}`);
  return 1;
}));

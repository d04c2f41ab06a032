// Connects each browser to peers that RPCs drive, in both roles. Run by
// tests/interop/run, inside a network of its own.
//
// Usage: interop.mjs [BROWSER...]
import {browsers} from '../js/browsers.mjs';
import {within} from '../js/deadline.mjs';
import {Client, Server} from '../js/parley.mjs';
import {servePage} from '../js/remote_page.mjs';
import {scenarios} from './scenarios.mjs';

const ADDRESS = '127.0.0.1:50051';
const FLAGS = ['--udp-port=3478'];
const KINDS_OF_ICE = [
  {iceMode: 'ICE_MODE_FULL'},
  {iceMode: 'ICE_MODE_SINGLE_PORT'},
  {iceMode: 'ICE_MODE_FULL', tcpAlone: true},
];
const SCENARIO_MS = 60_000;
const CLOSE_MS = 20_000;

// Every scenario, with each kind of ICE transport at Parley's end.
function cases() {
  return KINDS_OF_ICE.flatMap((ice) => {
    const kind = ice.iceMode + (ice.tcpAlone ? ' over TCP alone' : '');
    return Object.entries(scenarios).map(([name, scenario]) =>
      ({title: `${name}, ${kind}`, ice, scenario}));
  });
}

// Whether every scenario passed in this browser.
async function runBrowser(name, launch, client, url) {
  const browser = await launch();
  let passed = true;
  try {
    for (const {title, ice, scenario} of cases()) {
      const start = Date.now();
      try {
        await within(SCENARIO_MS, title,
          scenario({client, browser, url, ...ice}));
        console.log(`${name} ${browser.version}, ${title}: ok ` +
          `(${Date.now() - start} ms)`);
      } catch (error) {
        passed = false;
        console.log(`${name} ${browser.version}, ${title}: FAILED: ` +
          `${error.stack}`);
      }
    }
  } finally {
    await within(CLOSE_MS, `the end of ${name}`, browser.close());
  }
  return passed;
}

async function main(names) {
  const {url, server: http} = await servePage('Parley interop');
  const server = await Server.start(ADDRESS, FLAGS);
  const client = new Client(ADDRESS);
  let passed = 0;
  for (const name of names) {
    try {
      if (await runBrowser(name, browsers[name], client, url)) passed++;
    } catch (error) {
      console.log(`${name}: FAILED: ${error.stack}`);
    }
  }
  client.close();
  http.close();
  try {
    await server.stop();
  } catch (error) {
    passed = 0;
    console.log(`FAILED: ${error.message}`);
  }
  if (passed < names.length) console.log(`parleyd wrote:\n${server.log}`);
  console.log(`interop: ${passed}/${names.length} browsers`);
  return passed === names.length ? 0 : 1;
}

const names = process.argv.slice(2);
process.exit(
  await main(names.length ? names : Object.keys(browsers)).catch((error) => {
    console.log(`interop: ${error.message}`);
    return 1;
  }),
);

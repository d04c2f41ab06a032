// Connects each browser to peers that RPCs drive, in both roles. Run by
// tests/interop/run, inside a network of its own.
//
// Usage: interop.mjs [BROWSER...]
import {createServer} from 'node:http';
import {once} from 'node:events';

import {within} from '../js/deadline.mjs';
import {Client, Server} from '../js/parley.mjs';
import {browsers} from './browsers.mjs';
import {scenarios} from './scenarios.mjs';

const ADDRESS = '127.0.0.1:50051';
const SCENARIO_MS = 60_000;
const CLOSE_MS = 20_000;

// A page at a trustworthy origin, with nothing in it.
async function servePage() {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>Parley interop</title>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {url: `http://127.0.0.1:${server.address().port}/`, server};
}

// Whether every scenario passed in this browser.
async function runBrowser(name, launch, client, url) {
  const browser = await launch();
  let passed = true;
  try {
    for (const [title, scenario] of Object.entries(scenarios)) {
      const start = Date.now();
      try {
        await within(SCENARIO_MS, title, scenario({client, browser, url}));
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
  const {url, server: http} = await servePage();
  const server = await Server.start(ADDRESS);
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

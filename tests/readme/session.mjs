// Runs the README's session word for word against a server on the port that it
// names. Run by tests/readme/run, inside a network of its own.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

import {Client, Server} from '../js/parley.mjs';
import {runShell, shellOf} from '../js/readme.mjs';

const ADDRESS = '127.0.0.1:50051';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const units = {B: 1, KiB: 2 ** 10, MiB: 2 ** 20, min: 60, h: 3600};

// Where the table of limits differs from what the server says, and what it
// leaves out.
async function wrongLimits(address) {
  const client = new Client(address);
  const {pool} = await client.pool.getPool();
  client.close();
  const limits = {...pool.limits, 'capacity.peers': pool.capacity.peers,
    'capacity.tombstones': pool.capacity.tombstones,
    'capacity.certificates': pool.capacity.certificates};
  const wrong = [];
  const table = readFileSync(path('../../deploy/LIMITS.md'), 'utf8');
  for (const [, name, text] of table.matchAll(
    /^\|[^|]*, `([\w.]+)` \| ([^|]+) \|/gm)) {
    const [number, unit] = text.replace(',', '').split(' ');
    const expected = Number(number) * (unit ? units[unit] : 1);
    const actual = limits[name]?.seconds ?? limits[name];
    if (actual !== expected) {
      wrong.push(`the table gives ${name} as ${text}; it is ${actual}`);
    }
    delete limits[name];
  }
  for (const name of Object.keys(limits)) {
    wrong.push(`the table does not list ${name}`);
  }
  return wrong;
}

// buf prints error details in base64, grpcurl as JSON.
function details(output) {
  return [...output.matchAll(/^ *"value": "([\w+/]+)"$/gm)]
    .map(([, value]) => Buffer.from(value, 'base64').toString('latin1'))
    .join('\n');
}

// What the session is there to show, besides ending well.
const shown = [
  'parley.v1.PeerService',
  'a=ice-ufrag:',
  'PEER_CONNECTION_STATE_CONNECTED',
  '"hello"',
  'PEER_CLOSED',
  'InvalidStateError',
];

async function main() {
  const session = shellOf('Five minutes');
  const server = await Server.start(ADDRESS);
  const {ended, stdout} = runShell(session,
    {...process.env, PATH: `${path('bin')}:${process.env.PATH}`});
  const wrong = await wrongLimits(ADDRESS);
  await server.stop();
  console.log(stdout);
  const output = stdout + details(stdout);
  wrong.push(...shown.filter((text) => !output.includes(text))
    .map((text) => `the session did not show ${text}`));
  if (ended === 0 && wrong.length === 0) {
    console.log(`readme: ${session.split('\n').length} lines, ok`);
    return 0;
  }
  if (ended !== 0) console.log(`the session ended with ${ended}`);
  for (const text of wrong) console.log(text);
  console.log(`parleyd wrote:\n${server.log}`);
  return 1;
}

process.exit(await main());

// What a peer takes of its server: memory and descriptors when it is made, and
// when it has gathered its candidates.
//
// Usage: tests/netns node tests/load/footprint.mjs [PEERS [FLAG OF PARLEYD...]]
import {readFileSync, readdirSync} from 'node:fs';

import {Client, Server} from '../js/parley.mjs';

const [peers = 500, ...flags] = process.argv.slice(2);
const PEERS = Number(peers);
const ADDRESS = '127.0.0.1:50051';

const server = await Server.start(ADDRESS,
  ['--admin-listen=off', '--addresses=127.0.0.1', '--log-level=warning',
    ...flags]);
const client = new Client(ADDRESS);

function use() {
  const proc = `/proc/${server.process.pid}`;
  const status = readFileSync(`${proc}/status`, 'utf8');
  return {
    memory: Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]),
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)[1]),
    descriptors: readdirSync(`${proc}/fd`).length,
  };
}

// Made and gathered once before, so that what is shared counts for nobody.
async function grow(name, step) {
  const before = use();
  await step();
  const after = use();
  const each = (key) => ((after[key] - before[key]) / PEERS).toFixed(1);
  console.log(`${name}: ${each('memory')} KiB and ${each('descriptors')} ` +
    `descriptors a peer, ${after.threads} threads`);
}

try {
  const names = [];
  const create = async () => {
    const {peer} = await client.peer.createPeer(
      {dataChannels: [{label: 'chat'}]});
    names.push(peer.name);
  };
  const gather = (name) => client.peer.setLocalDescription({name});
  await create();
  await gather(names.pop());
  await grow('created', async () => {
    for (let i = 0; i < PEERS; i += 1) await create();
  });
  await grow('with its offer set, and candidates', async () => {
    for (const name of names) await gather(name);
  });
} finally {
  client.close();
  server.process.kill('SIGKILL');
  await server.exited;
}

// Many thousand peers, one after another: nothing is left of them.
import {settle, useOf} from '../js/process_use.mjs';
import {warmUp} from '../js/warm_up.mjs';
import {withServer} from '../js/with_server.mjs';

const PEERS = process.env.PARLEY_FULL ? 200_000 : 20_000;
// The memory of events is full soon, and so no longer grows.
const flags = ['--log-level=warning', '--pool-event-history=64KiB'];
const CALLERS = 32;
// Of memory, from the first half of the peers to the second: the allocator's
// own ups and downs, not a byte a peer.
const SWAY_KIB = 8_192;

async function live(client) {
  const {peer: {name}} = await client.peer.createPeer(
    {dataChannels: [{label: 'chat'}]});
  await client.peer.createOffer({name});
  await client.peer.closePeer({name});
}

async function liveMany(client, peers) {
  let left = peers;
  await Promise.all(Array.from({length: CALLERS}, async () => {
    while (left > 0) {
      left -= 1;
      await live(client);
    }
  }));
}

export async function loop(checks) {
  await withServer({flags}, async ({server, client}) => {
    const use = () => useOf(server.process.pid);
    await warmUp(client);
    await liveMany(client, 2_000);
    const before = use();
    const start = performance.now();
    await liveMany(client, PEERS / 2);
    const half = use();
    await liveMany(client, PEERS / 2);
    const seconds = (performance.now() - start) / 1000;
    const after = await settle(use,
      ({descriptors}) => descriptors <= before.descriptors);
    console.log(`${PEERS} peers in ${seconds.toFixed(1)} s; KiB: ` +
      [before, half, after].map(({memory}) => memory).join(', '));
    checks.check('memory stays flat',
      after.memory - half.memory < SWAY_KIB, before, half, after);
    checks.check('descriptors stay the same',
      after.descriptors === before.descriptors, before, after);
    checks.check('threads stay the same',
      after.threads <= before.threads, before, after);
    const {pool} = await client.pool.getPool();
    checks.check('no peer is left', (pool.use.peers ?? 0) === 0, pool.use);
  });
}

// P2. Nothing leaks because a backend died: a peer that nobody renews any more
// is closed, and says why, before and after.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {setTimeout} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

import {within} from '../js/deadline.mjs';
import {ADDRESS, assertRefused, inHouse, millisecondsOf} from './house.mjs';

const TTL_SECONDS = 3;
const EXPIRY_MS = 60_000;
const LOOK_MS = 100;
const backend = fileURLToPath(new URL('backend.mjs', import.meta.url));

// Starts a backend; the names of its peers, by what holds each of them.
async function startBackend() {
  const process = spawn('node', [backend, ADDRESS, `${TTL_SECONDS}`],
    {stdio: ['ignore', 'pipe', 'inherit']});
  const exited = once(process, 'exit');
  const [line] = await within(EXPIRY_MS, 'the peers of the backend',
    once(createInterface({input: process.stdout}), 'line'));
  const kill = async () => {
    process.kill('SIGKILL');
    await exited;
  };
  return {peers: JSON.parse(line), kill};
}

// It was warned of, it is told as an event, and the tombstone tells it too.
async function assertExpired(house, name, {inbox, ended}) {
  const {leaseWarning} = await inbox.take(`the warning of ${name}`,
    (event) => event.leaseWarning, EXPIRY_MS);
  const {time, closed} = await inbox.take(`the end of ${name}`,
    (event) => event.closed, EXPIRY_MS);
  assert.equal(closed.reason, 'CLOSE_REASON_LEASE_EXPIRED');
  assert.ok(millisecondsOf(time) >= millisecondsOf(leaseWarning.expireTime),
    'the peer lives as long as the warning said');
  await within(EXPIRY_MS, 'the end of the stream', ended);
  const {closure, state} = await house.peer(name);
  assert.equal(closure.reason, 'CLOSE_REASON_LEASE_EXPIRED');
  assert.equal(state.signalingState, 'SIGNALING_STATE_CLOSED');
  const {metadata} = await assertRefused(house.client.peer.createOffer({name}),
    'FAILED_PRECONDITION', 'PEER_CLOSED');
  assert.equal(metadata.close_reason, 'LEASE_EXPIRED');
  const dump = await house.dump(name);
  assert.equal(dump.events.at(-1).event, 'closed');
  await house.client.peer.closePeer({name});
}

// Whoever only looks keeps nothing alive: all this looks, all the time.
async function look(house, names, going) {
  while (going()) {
    await house.client.peer.listPeers({});
    for (const name of names) await house.peer(name);
    await setTimeout(LOOK_MS);
  }
}

export async function keep() {
  await inHouse([], async (house) => {
    const {peers, kill} = await startBackend();
    try {
      const watches = Object.fromEntries(Object.entries(peers).map(
        ([held, name]) => [held, house.client.watchPeer(name, () => {})]));
      let looking = true;
      const looked = look(house, Object.values(peers), () => looking);
      looked.catch(() => {});
      await assertExpired(house, peers.byNothing, watches.byNothing);
      // All were made before it, and have the same ttl.
      for (const [held, name] of Object.entries(peers)) {
        const {closure} = await house.peer(name);
        assert.equal(Boolean(closure), held === 'byNothing', `held ${held}`);
      }
      await kill();
      for (const held of ['byWatch', 'byExchange', 'byCalls']) {
        await assertExpired(house, peers[held], watches[held]);
      }
      looking = false;
      await looked;
      const use = await house.use();
      assert.equal(use.peers ?? 0, 0);
      assert.equal(use.tombstones, Object.keys(peers).length);
    } finally {
      await kill();
    }
  });
}

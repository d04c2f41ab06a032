// P1. Close always ends, and gives everything back: a closed event within 5 s;
// threads, descriptors, ports and memory return to the level before.
import assert from 'node:assert/strict';

import {within} from '../js/deadline.mjs';
import {each, GRPC_SLACK, inHouse, range, times} from './house.mjs';
import {Pair} from './pair.mjs';

const CYCLES = times(1_000, 20_000);
const AT_ONCE = 8;
const CLOSED_MS = 5_000;
// What the allocator keeps goes up and down; peers that were lost would be tens
// of thousands.
const SLACK_KILOBYTES = 8_000;

// How a life ends: before anything, with an offer made, with candidates being
// gathered, or in the middle of the handler of an event.
const ends = [
  async () => {},
  (house, name) => house.client.peer.createOffer({name}),
  (house, name) => house.client.peer.setLocalDescription({name}),
];

async function live(house, index) {
  const name = await house.create();
  const chosen = index % (ends.length + 1);
  const watch = house.client.watchPeer(name, () => {});
  await watch.inbox.take('the first event', () => true);
  if (chosen < ends.length) {
    await ends[chosen](house, name);
    await closeNow(house, name);
  } else {
    await closeInHandler(house, name, watch);
  }
  const {closed} = await watch.inbox.take(`the closed event of ${name}`,
    (event) => event.closed, CLOSED_MS);
  assert.equal(closed.reason, 'CLOSE_REASON_REQUESTED');
  await watch.ended;
}

async function closeNow(house, name) {
  await within(CLOSED_MS, `ClosePeer of ${name}`,
    house.client.peer.closePeer({name}));
}

// By a watcher that calls while the events that follow are on their way:
// gathering has just begun, and SetLocalDescription is not answered yet.
async function closeInHandler(house, name, {call}) {
  const handled = new Promise((resolve, reject) => {
    call.on('data', ({event}) => {
      if (event?.iceGatheringStateChange?.iceGatheringState !==
        'ICE_GATHERING_STATE_GATHERING') return;
      closeNow(house, name).then(resolve, reject);
    });
  });
  await house.client.peer.setLocalDescription({name});
  await handled;
}

const lives = (house, count) =>
  each(range(count), AT_ONCE, (index) => live(house, index));

async function pairs(house, count) {
  for (let i = 0; i < count; i += 1) {
    const pair = await Pair.connect(house.client);
    const traffic = pair.traffic();
    await traffic.rounds(2);
    await traffic.stop();
    await pair.stop();
  }
}

export async function keep() {
  let figures;
  // No tombstones, and a history that is full before it is measured.
  await inHouse(['--tombstone-ttl=0', '--pool-event-history=64KiB'],
    async (house) => {
      await pairs(house, 3);
      await lives(house, CYCLES / 2);
      const before = {process: house.process(), use: await house.use()};
      await lives(house, CYCLES);
      await pairs(house, 3);
      const after = {process: house.process(), use: await house.use()};
      for (const what of ['ownThreads', 'descriptors']) {
        assert.equal(after.process[what], before.process[what], what);
      }
      for (const what of ['peers', 'connectedPeers', 'dataChannels', 'ports',
        'fileDescriptors']) {
        assert.equal(after.use[what], before.use[what], `GetPool: ${what}`);
      }
      assert.equal(after.use.peers ?? 0, 0);
      const {threads, kilobytes} = before.process;
      assert.ok(after.process.threads <= threads + GRPC_SLACK);
      const more = after.process.kilobytes - kilobytes;
      assert.ok(more < SLACK_KILOBYTES, `${more} KiB more than ${kilobytes}`);
      figures = `${CYCLES} lives, ${more} KiB more`;
    });
  return figures;
}

// P3. The signaling connection may break, and the peer does not notice: whoever
// resumes after the last event sees every one, once and in order; and whose
// history is gone is told, and gets a snapshot.
import assert from 'node:assert/strict';
import {setTimeout} from 'node:timers/promises';

import {CuttingProxy} from './cutting_proxy.mjs';
import {ADDRESS, assertRefused, code, each, inHouse, randomNumbers, range,
  times} from './house.mjs';

const ROUNDS = times(60, 200);
const PEERS = times(24, 240);
const SEED = 3;
const RETRY_MS = 10;

// A change of the peer and back: many events, of several kinds.
async function stir(house, name, rounds) {
  for (let i = 0; i < rounds; i += 1) {
    await house.client.peer.setLocalDescription({name});
    await house.client.peer.setLocalDescription(
      {name, description: {type: 'SDP_TYPE_ROLLBACK'}});
    await house.client.peer.createDataChannel(
      {name, dataChannel: {label: `${i}`}});
  }
}

// Reads a stream to its end by connection after connection: `next` gives the
// request to go on with, `take` takes each message and says whether it was the
// last.
async function follow(house, address, method, next, take) {
  for (let done = false; !done;) {
    const client = house.newClient(address);
    const {call} = client.stream('peer', method, next());
    done = await new Promise((resolve, reject) => {
      call.on('data', (message) => {
        try {
          if (take(message)) resolve(true);
        } catch (error) {
          reject(error);
        }
      });
      call.on('error', (error) => {
        // That the connection broke, and nothing else.
        if (error.code === code.UNAVAILABLE) resolve(false);
        else reject(error);
      });
      call.on('end', () => reject(new Error('the stream ended early')));
    });
    call.on('error', () => {});
    call.cancel();
    client.close();
    // A channel that could not connect refuses calls without a pause.
    await setTimeout(RETRY_MS);
  }
}

// All events of a peer from its first, read without a break.
async function allEvents(house, name) {
  const events = [];
  const {call} = house.client.stream('peer', 'watchPeer',
    {name, afterSequence: 0});
  for await (const {event} of call) if (event) events.push(event);
  return events;
}

function assertWhole(events, name) {
  assert.deepEqual(events.map(({sequence}) => sequence),
    range(events.length).map((i) => i + 1), `the sequences of ${name}`);
  assert.equal(events.at(-1).event, 'closed');
}

// One peer: what was read in pieces is what there was.
async function watchOne(house, proxy) {
  const name = await house.create();
  const whole = allEvents(house, name);
  const pieces = [];
  const followed = follow(house, proxy.address, 'watchPeer',
    () => ({name, afterSequence: pieces.at(-1)?.sequence ?? 0}),
    ({event}) => {
      if (event) pieces.push(event);
      return Boolean(event?.closed);
    });
  await stir(house, name, ROUNDS);
  await house.client.peer.closePeer({name});
  await followed;
  assertWhole(pieces, name);
  assert.deepEqual(pieces, await whole);
  return pieces.length;
}

// What a watcher of all peers has seen of each.
class Mirror {
  events = new Map();
  closed = 0;
  snapshots = 0;
  resumeToken;
  complete = new Promise((resolve) => (this.completed = resolve));

  take({name, update, event, snapshot, snapshotsBegin, resumeToken}) {
    this.resumeToken = resumeToken;
    if (update === 'snapshot') {
      assert.ok(!this.events.has(name), `a second snapshot of ${name}`);
      this.events.set(name, []);
      this.events.get(name).after = snapshot.state.lastEventSequence ?? 0;
    } else if (update === 'event') {
      this.events.get(name).push(event);
      if (event.closed) this.closed += 1;
    } else if (update === 'snapshotsBegin') {
      this.snapshots += 1;
      assert.ok(!snapshotsBegin.compacted);
    } else if (update === 'snapshotsComplete') {
      this.completed();
    }
    return this.closed === PEERS;
  }
}

// All peers, some from before the watcher came, by one token.
async function watchAll(house, proxy) {
  const names = [];
  const early = PEERS / 3;
  for (let i = 0; i < early; i += 1) names.push(await house.create());
  const mirror = new Mirror();
  const followed = follow(house, proxy.address, 'watchPeers',
    () => ({resumeToken: mirror.resumeToken}),
    (message) => mirror.take(message));
  const wholes = new Map();
  await each(range(PEERS), 4, async (index) => {
    const name = names[index] ?? await house.create();
    wholes.set(name, allEvents(house, name));
    await stir(house, name, 3);
    // One that is closed before its snapshot is never shown.
    await Promise.race([mirror.complete, followed]);
    await house.client.peer.closePeer({name});
  });
  await followed;
  assert.equal(mirror.snapshots, 1, 'snapshots came once');
  let count = 0;
  for (const [name, whole] of wholes) {
    const events = await whole;
    assertWhole(events, name);
    const seen = mirror.events.get(name);
    assert.deepEqual([...seen], events.slice(seen.after));
    count += seen.length;
  }
  return count;
}

async function historyIsGone(house) {
  const name = await house.create();
  const {stubs} = house.client;
  const refused = (method, request) => new Promise((resolve, reject) => {
    stubs.peer[method](request).on('error', reject).on('data', resolve);
  });
  const before = house.client.stream('peer', 'watchPeers', {});
  const {resumeToken} = await before.inbox.take('the snapshots',
    ({snapshotsComplete}) => snapshotsComplete);
  before.call.on('error', () => {}).cancel();
  await stir(house, name, 100);

  await assertRefused(refused('watchPeer', {name, afterSequence: 1}),
    'OUT_OF_RANGE', 'EVENTS_COMPACTED');
  await assertRefused(refused('watchPeers', {resumeToken}),
    'OUT_OF_RANGE', 'EVENTS_COMPACTED');

  const one = house.client.stream('peer', 'watchPeer',
    {name, afterSequence: 1, snapshotIfCompacted: true});
  const all = house.client.stream('peer', 'watchPeers',
    {resumeToken, snapshotIfCompacted: true});
  const {snapshotsBegin} = await all.inbox.take('its first message',
    () => true);
  assert.ok(snapshotsBegin.compacted);
  await house.client.peer.closePeer({name});
  for (const {inbox} of [one, all]) {
    const {snapshot} = await inbox.take('the snapshot',
      (message) => message.snapshot);
    assert.equal(snapshot.name, name);
    for (let next = snapshot.state.lastEventSequence + 1, closed; !closed;) {
      const {event} = await inbox.take('an event', (message) => message.event);
      assert.equal(event.sequence, next++);
      closed = event.closed;
    }
  }
  all.call.on('error', () => {}).cancel();
}

export async function keep() {
  const random = randomNumbers(SEED);
  let figures;
  await inHouse(['--event-history=16MiB'], async (house) => {
    const proxy = await CuttingProxy.start(ADDRESS,
      () => 400 + Math.floor(random() ** 2 * 20_000));
    try {
      const one = await watchOne(house, proxy);
      const all = await watchAll(house, proxy);
      assert.ok(proxy.cuts > 20, `${proxy.cuts} connections broke`);
      figures = `${one + all} events over ${proxy.cuts} broken connections`;
    } finally {
      proxy.end();
    }
  });
  await inHouse(['--event-history=4KiB', '--pool-event-history=64KiB'],
    historyIsGone);
  return figures;
}

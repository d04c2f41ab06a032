// P8. CreateOffer does not wait for the network: with STUN servers that swallow
// everything, or whose name nobody can resolve, offers are made and set while
// the search for candidates still goes on, and who wants to wait can.
import assert from 'node:assert/strict';
import {createSocket} from 'node:dgram';
import {once} from 'node:events';

import {each, HOST, inHouse, range, times} from './house.mjs';

const PEERS = times(1_000, 4_000);
const AT_ONCE = 4;
const WAIT_MS = 120_000;

// A STUN server that never answers; it counts what it is asked.
async function openBlackHole() {
  const socket = createSocket('udp4');
  const hole = {asked: 0, close: () => socket.close()};
  socket.on('message', () => (hole.asked += 1));
  socket.bind(0, HOST);
  await once(socket, 'listening');
  hole.url = `stun:${HOST}:${socket.address().port}`;
  return hole;
}

const asking = (url) => ({configuration: {iceServers: [{urls: [url]}]},
  dataChannels: [{label: 'chat'}]});

const gathering = 'ICE_GATHERING_STATE_GATHERING';
const complete = 'ICE_GATHERING_STATE_COMPLETE';
const gatheringIs = (state) => ({iceGatheringStateChange}) =>
  iceGatheringStateChange?.iceGatheringState === state;

// The replies come before the event that gathering has ended, by the sequence
// of events, whatever the clock says.
async function offersBeforeGatheringEnds(house, url) {
  const {peer: {name}} = await house.client.peer.createPeer(asking(url));
  const candidates = [];
  const watch = house.client.watchPeer(name,
    ({candidate}) => candidates.push(candidate));
  const {state} = await house.client.peer.setLocalDescription({name});
  assert.notEqual(state.iceGatheringState, complete);
  const again = await house.client.peer.createOffer({name});
  assert.notEqual(again.state.iceGatheringState, complete);
  const ended = await watch.inbox.take('the end of gathering',
    gatheringIs(complete), WAIT_MS);
  assert.ok(ended.sequence > again.state.lastEventSequence);
  // The candidates that need no server came all the same.
  assert.ok(candidates.some((one) => one.includes('typ host')), candidates);
  return name;
}

// Whoever cannot trickle waits for a bounded time, and gets what there is.
async function waitsNoLongerThanAsked(house, url) {
  const {peer, description, gatheringComplete} = await house.client.peer.offer(
    {create: asking(url), gatheringTimeout: {seconds: 1}});
  assert.ok(!gatheringComplete);
  assert.equal(peer.state.iceGatheringState, gathering);
  assert.match(description.sdp, /^a=candidate:.* typ host/m);
  return peer.name;
}

// So many peers, all in the middle of gathering; what CreateOffer then takes.
async function measure(house, url) {
  const names = [];
  const took = [];
  await each(range(PEERS), AT_ONCE, async () => {
    const {peer: {name}} = await house.client.peer.createPeer(asking(url));
    await house.client.peer.setLocalDescription({name});
    names.push(name);
  });
  for (const name of names) {
    const start = performance.now();
    await house.client.peer.createOffer({name});
    took.push(performance.now() - start);
  }
  took.sort((a, b) => a - b);
  await each(names, AT_ONCE, (name) => house.client.peer.closePeer({name}));
  return took[Math.floor(took.length * 0.99)];
}

// Name servers of this network that never answer, wherever the machine thinks
// its own is.
async function silenceNames() {
  const sockets = [createSocket('udp4'),
    createSocket({type: 'udp6', ipv6Only: true})];
  for (const socket of sockets) {
    socket.bind(53);
    await once(socket, 'listening');
  }
  return () => sockets.forEach((socket) => socket.close());
}

export async function keep() {
  const hole = await openBlackHole();
  const endSilence = await silenceNames();
  let p99;
  try {
    await inHouse([], async (house) => {
      const names = [await offersBeforeGatheringEnds(house, hole.url),
        await waitsNoLongerThanAsked(house, hole.url)];
      assert.ok(hole.asked > 0, 'the server was asked');
      // Nobody resolves a name here. It is closed in the middle of that.
      names.push(await waitsNoLongerThanAsked(house,
        'stun:stun.example.invalid:3478'));
      for (const name of names) await house.client.peer.closePeer({name});
      p99 = await measure(house, hole.url);
      assert.equal((await house.use()).peers ?? 0, 0);
    });
  } finally {
    endSilence();
    hole.close();
  }
  return `p99 of CreateOffer with ${PEERS} peers ${p99.toFixed(1)} ms, ` +
    'as this client sees it';
}

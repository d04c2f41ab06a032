// P4. Fixed resources: as many threads for many peers as for few, one UDP port
// per address and peer; and what runs out is refused before it is gone, with a
// reason and a delay, by a server that goes on.
import assert from 'node:assert/strict';

import {assertRefused, code, each, GRPC_SLACK, HOST, HOST6, inHouse, range,
  refusal, times} from './house.mjs';

const FEW = 50;
const MANY = times(800, 4_000);
const DESCRIPTORS = 256;
const AT_ONCE = 8;

// A peer whose offer is set: it has sockets, and candidates.
async function offer(house, request) {
  const name = await house.create(request);
  await house.client.peer.setLocalDescription({name});
  return name;
}

async function offers(house, count) {
  const names = [];
  await each(range(count), AT_ONCE, async () =>
    names.push(await offer(house)));
  return names;
}

const closeAll = (house, names) => each(names, AT_ONCE, (name) =>
  house.client.peer.closePeer({name}));

async function threadsAndPorts(house) {
  await closeAll(house, await offers(house, FEW));
  const few = house.process();
  const names = await offers(house, MANY);
  const many = house.process();
  assert.equal(many.ownThreads, few.ownThreads);
  assert.ok(many.threads <= few.threads + GRPC_SLACK, `${many.threads} threads`);
  const {peer} = await house.client.peer.offer(
    {create: {dataChannels: [{label: 'chat'}]}, gatheringTimeout: {seconds: 10}});
  const {currentLocalDescription, pendingLocalDescription} =
    await house.peer(peer.name, 'PEER_VIEW_FULL');
  const {sdp} = currentLocalDescription ?? pendingLocalDescription;
  const told = [...sdp.matchAll(/^a=candidate:\S+ 1 UDP \S+ (\S+) (\d+)/gmi)]
    .map(([, address]) => address).sort();
  assert.deepEqual(told, [HOST, HOST6].sort(), 'one port for each address');
  await closeAll(house, [...names, peer.name]);
  return many.threads;
}

// Offers until that is refused; what was made before, and what was said.
async function untilRefused(house) {
  const names = [];
  for (;;) {
    assert.ok(names.length < DESCRIPTORS, 'nothing was refused');
    const name = await house.create().catch((error) => error);
    if (name instanceof Error) {
      return {names, said: await refusal(Promise.reject(name))};
    }
    names.push(name);
    try {
      await house.client.peer.setLocalDescription({name});
    } catch (error) {
      return {names, said: await refusal(Promise.reject(error))};
    }
  }
}

function assertExhausted(said, reason) {
  assert.equal(said.code, code.RESOURCE_EXHAUSTED);
  assert.equal(said.reason, reason);
  assert.ok(said.retryMs > 0, 'it says when to come again');
}

// Again and again, since what is refused must take nothing either.
async function descriptors(house) {
  let most = 0;
  for (let round = 0; round < 3; round += 1) {
    const {names, said} = await untilRefused(house);
    assertExhausted(said, 'FILE_DESCRIPTORS');
    assert.ok(names.length >= most, `${names.length} peers, ${most} before`);
    most = names.length;
    for (let i = 0; i < 20; i += 1) {
      assertExhausted(await refusal(offer(house)), 'FILE_DESCRIPTORS');
    }
    // Connections are not peers: there is still room for them.
    const others = range(10).map(() => house.newClient());
    for (const other of others) await other.peer.getPeer({name: names[0]});
    for (const other of others) other.close();
    const {peers} = await house.use();
    for (const {name} of (await house.client.peer.listPeers(
      {pageSize: 1_000})).peers) {
      await house.client.peer.closePeer({name});
    }
    assert.ok(peers >= names.length);
    assert.equal((await house.use()).peers ?? 0, 0);
  }
  await house.client.peer.closePeer({name: await offer(house)});
  return most;
}

async function ports(house) {
  const last = await house.create();
  // From the fourth on nobody is made who could not gather.
  const {names, said} = await untilRefused(house);
  assertExhausted(said, 'PORTS');
  assert.equal(names.length, 4, 'four ports');
  assertExhausted(await refusal(
    house.client.peer.setLocalDescription({name: last})), 'PORTS');
  // The refused peer is as it was, and has its port when one is free.
  const {state} = await house.peer(last);
  assert.equal(state.signalingState, 'SIGNALING_STATE_STABLE');
  await house.client.peer.closePeer({name: names[0]});
  await house.client.peer.setLocalDescription({name: last});
}

async function peers(house) {
  const names = [];
  for (let i = 0; i < 3; i += 1) names.push(await house.create());
  const said = await assertRefused(house.create(), 'RESOURCE_EXHAUSTED',
    'PEERS');
  assert.ok(said.retryMs > 0);
  await house.client.peer.closePeer({name: names[0]});
  await house.create();
}

export async function keep() {
  let threads;
  let most;
  await inHouse([], async (house) => {
    threads = await threadsAndPorts(house);
  });
  await inHouse([], async (house) => {
    most = await descriptors(house);
  }, ['prlimit', `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`]);
  await inHouse(['--port-range=40000-40003'], ports);
  await inHouse(['--max-peers=3'], peers);
  return `${threads} threads, gRPC's too, with ${MANY} peers; ${most} peers with ` +
    `${DESCRIPTORS} descriptors`;
}

// P7. The order of candidates does not matter: whatever overtakes the
// description, the same comes of it; old generations are ignored and counted.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';

import {assertRefused, each, inHouse, range} from './house.mjs';

const AT_ONCE = 4;
const outcome = (name) => `ICE_CANDIDATE_OUTCOME_${name}`;

function permutations(things) {
  if (things.length < 2) return [things];
  return things.flatMap((thing, index) =>
    permutations(things.toSpliced(index, 1)).map((rest) => [thing, ...rest]));
}

// An offer, and its candidates as they were told, the end of candidates last.
async function offerWithCandidates(house, {iceRestart, name} = {}) {
  name ??= await house.create();
  const candidates = [];
  const {call} = house.client.stream('peer', 'watchPeer', {name});
  const {description} = await house.client.peer.createOffer(
    {name, iceRestart});
  const set = house.client.peer.setLocalDescription({name, description});
  for await (const {event} of call) {
    if (!event?.localCandidate) continue;
    const {candidate} = event.localCandidate;
    candidates.push(candidate);
    if (!candidate.candidate) break;
  }
  call.on('error', () => {}).cancel();
  await set;
  return {name, description, candidates};
}

const add = async (house, name, candidates, more = {}) =>
  (await house.client.peer.addIceCandidates({name, candidates,
    requestId: randomUUID(), ...more})).results;

// What the remote description says of candidates, in any order.
async function candidatesOf(house, name) {
  const {currentRemoteDescription} = await house.peer(name, 'PEER_VIEW_FULL');
  return currentRemoteDescription.sdp.split('\r\n').filter((line) =>
    /^a=(candidate|end-of-candidates)/.test(line)).sort();
}

// One end gets everything in this order; the other gets no candidates at all, so
// that they connect by nothing but these.
async function inOrder(house, order) {
  const offer = await offerWithCandidates(house);
  const things = ['description', ...offer.candidates];
  const {peer: {name}} = await house.client.peer.createPeer({});
  const watch = house.client.watchPeer(name, () => {});
  let described = false;
  for (const thing of order.map((index) => things[index])) {
    if (thing === 'description') {
      await house.client.peer.setRemoteDescription(
        {name, description: offer.description});
      described = true;
      continue;
    }
    const [result] = await add(house, name, [thing]);
    assert.equal(result.outcome, outcome(described ? 'APPLIED' : 'QUEUED'));
  }
  const {description} = await house.client.peer.setLocalDescription({name});
  // As gathering goes on, none is in the text yet; cut off what may be.
  await house.client.peer.setRemoteDescription({name: offer.name,
    description: {...description, sdp: description.sdp.replaceAll(
      /^a=(candidate|end-of-candidates).*\r\n/gm, '')}});
  await watch.inbox.take('connected', ({connectionStateChange}) =>
    connectionStateChange?.connectionState === 'PEER_CONNECTION_STATE_CONNECTED',
  60_000);
  const told = await candidatesOf(house, name);
  assert.deepEqual(told, [
    ...offer.candidates.filter(({candidate}) => candidate)
      .map(({candidate}) => `a=${candidate.replace(/ ufrag \S+/, '')}`),
    'a=end-of-candidates'].sort());
  for (const one of [offer.name, name]) {
    await house.client.peer.closePeer({name: one});
  }
  watch.call.on('error', () => {}).cancel();
}

async function generations(house) {
  const first = await offerWithCandidates(house);
  const {peer: {name}} = await house.client.peer.createPeer({});
  const negotiate = async ({description}) => {
    await house.client.peer.setRemoteDescription({name, description});
    const answer = await house.client.peer.setLocalDescription({name});
    await house.client.peer.setRemoteDescription(
      {name: first.name, description: answer.description});
  };
  await negotiate(first);
  const second = await offerWithCandidates(house,
    {name: first.name, iceRestart: true});
  const [old] = first.candidates;
  const [fresh] = second.candidates;
  assert.notEqual(old.usernameFragment, fresh.usernameFragment);

  await negotiate(second);
  const results = await add(house, name, [old, fresh, fresh,
    {...fresh, usernameFragment: 'nobody'}]);
  assert.deepEqual(results.map((result) => result.outcome), [
    outcome('IGNORED'), outcome('APPLIED'), outcome('IGNORED'),
    outcome('ERROR')]);
  assert.equal(results[0].ignoredReason,
    'ICE_CANDIDATE_IGNORED_REASON_PREVIOUS_GENERATION');
  assert.equal(results[2].ignoredReason,
    'ICE_CANDIDATE_IGNORED_REASON_DUPLICATE');
  assert.equal(results[3].error.reason, 'CANDIDATE_GENERATION');
  const {candidates} = await house.dump(name);
  for (const [what, count] of [
    ['PREVIOUS_GENERATION', 1], ['DUPLICATE', 1]]) {
    assert.equal(candidates.filter(({ignoredReason}) =>
      ignoredReason === `ICE_CANDIDATE_IGNORED_REASON_${what}`).length, count,
    `DumpPeer: ${what}`);
  }
}

// The queue is bounded, and whoever wants W3C's error gets it.
async function early(house) {
  const {peer: {name}} = await house.client.peer.createPeer({});
  const {pool: {limits}} = await house.client.pool.getPool();
  const candidate = (port) => ({sdpMid: '0',
    candidate: `candidate:1 1 udp 2130706431 192.0.2.9 ${port} typ host`});
  const batch = range(limits.maxQueuedCandidates).map((i) => candidate(i + 1));
  const queued = await add(house, name, batch);
  assert.ok(queued.every((result) => result.outcome === outcome('QUEUED')));
  const [beyond] = await add(house, name, [candidate(9)]);
  assert.equal(beyond.error.reason, 'LIMIT_EXCEEDED');
  await assertRefused(
    add(house, name, [candidate(9)], {queueUntilDescription: false}),
    'FAILED_PRECONDITION', 'REMOTE_DESCRIPTION_MISSING');
}

export async function keep() {
  let orders;
  await inHouse([], async (house) => {
    const {candidates} = await offerWithCandidates(house);
    assert.equal(candidates.length, 3, 'IPv4, IPv6 and the end');
    orders = permutations(range(candidates.length + 1));
    await each(orders, AT_ONCE, (order) => inOrder(house, order));
    await generations(house);
    await early(house);
  });
  return `${orders.length} orders`;
}

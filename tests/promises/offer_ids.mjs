// P6. An answer can only meet its own offer, and the calls on one peer run one
// after another, whoever makes them.
import assert from 'node:assert/strict';

import {assertRefused, inHouse, millisecondsOf, randomNumbers, range, refusal,
  times} from './house.mjs';

const RACES = times(60, 1_000);
const ROLLBACK = {type: 'SDP_TYPE_ROLLBACK'};

const offer = async (house, name) =>
  (await house.client.peer.setLocalDescription({name})).description;

async function answer(house, description) {
  const {peer: {name}} = await house.client.peer.createPeer({});
  await house.client.peer.setRemoteDescription({name, description});
  const reply = await house.client.peer.setLocalDescription({name});
  return reply.description;
}

// The answer to an offer that was taken back meets the next one.
async function lateAnswer(house) {
  const name = await house.create();
  const first = await offer(house, name);
  const late = await answer(house, first);
  assert.equal(late.offerId, first.offerId);
  await house.client.peer.setLocalDescription({name, description: ROLLBACK});
  const second = await offer(house, name);
  assert.notEqual(second.offerId, first.offerId);
  const {metadata} = await assertRefused(
    house.client.peer.setRemoteDescription({name, description: late}),
    'ABORTED', 'OFFER_STALE');
  assert.equal(metadata.offer_id, first.offerId);
  assert.equal((await house.peer(name)).state.signalingState,
    'SIGNALING_STATE_HAVE_LOCAL_OFFER');
  await house.client.peer.setRemoteDescription(
    {name, description: await answer(house, second)});
  // The same answer again, as after a call that seemed to fail.
  const again = await refusal(house.client.peer.setRemoteDescription(
    {name, description: late}));
  assert.ok(['OFFER_STALE', 'SIGNALING_STATE'].includes(again.reason),
    again.reason);
}

// An offer that was created, and then another: only the last can be set.
async function staleOffer(house) {
  const name = await house.create();
  const first = (await house.client.peer.createOffer({name})).description;
  await house.client.peer.createDataChannel(
    {name, dataChannel: {label: 'more'}});
  await house.client.peer.addTransceiver(
    {name, transceiver: {kind: 'MEDIA_KIND_AUDIO'}});
  const last = (await house.client.peer.createOffer({name})).description;
  await assertRefused(
    house.client.peer.setLocalDescription({name, description: first}),
    'ABORTED', 'OFFER_STALE');
  await house.client.peer.setLocalDescription({name, description: last});
}

const outcomeOf = (call) => call.then(() => 'ok', async (error) =>
  (await refusal(Promise.reject(error))).reason);

// Until some reads have been answered, so that one client is before the other
// now here, now there.
async function idle(peer, name, random) {
  for (let i = Math.floor(random() * 4); i > 0; i -= 1) {
    await peer.getPeer({name});
  }
}

// Two clients work on one peer, and neither knows of the other.
async function race(house, clients, random) {
  const name = await house.create();
  const [one, other] = clients;
  // Both create and set an offer. One that was overtaken is told so.
  const offers = await Promise.all(clients.map(async ({peer}) => {
    await idle(peer, name, random);
    await peer.addTransceiver({name, transceiver: {kind: 'MEDIA_KIND_AUDIO'}});
    const {description} = await peer.createOffer({name});
    await idle(peer, name, random);
    const outcome = await outcomeOf(
      peer.setLocalDescription({name, description}));
    return {outcome, description};
  }));
  for (const {outcome} of offers) {
    assert.ok(['ok', 'OFFER_STALE'].includes(outcome), outcome);
  }
  const {state} = await house.peer(name);
  const pending = offers.filter(({outcome, description}) =>
    outcome === 'ok' && description.offerId === state.pendingLocalDescription.id);
  // Both, if what they created was one and the same.
  assert.ok(pending.length > 0, 'the pending offer was accepted');
  assert.equal(new Set(pending.map((one) => one.description.sdp)).size, 1);

  // Both bring the answer: one meets its offer, the other comes too late.
  const description = await answer(house, pending[0].description);
  const outcomes = await Promise.all([one, other].map(({peer}) =>
    outcomeOf(peer.setRemoteDescription({name, description}))));
  assert.equal(outcomes.filter((outcome) => outcome === 'ok').length, 1,
    outcomes.join(' and '));
  assert.ok(outcomes.some((outcome) =>
    ['OFFER_STALE', 'SIGNALING_STATE'].includes(outcome)), outcomes.join());

  await inOrder(house, name);
  await house.client.peer.closePeer({name});
  return offers.some(({outcome}) => outcome !== 'ok');
}

// None of the peer's calls began before the one before it had ended.
async function inOrder(house, name) {
  const {operations} = await house.dump(name);
  const spans = operations.map(({time, wait, run}) => {
    const begin = millisecondsOf(time) + millisecondsOf(wait);
    return {begin, end: begin + millisecondsOf(run)};
  }).sort((a, b) => a.begin - b.begin);
  assert.ok(spans.length >= 6);
  for (let i = 1; i < spans.length; i += 1) {
    // Two clocks measure it, one for the time and one for the rest.
    assert.ok(spans[i].begin > spans[i - 1].end - 1, JSON.stringify(spans));
  }
}

// What one connection sends without waiting is done in that order.
async function pipeline(house) {
  const name = await house.create();
  const labels = range(50).map((i) => `${i}`);
  const replies = await Promise.all(labels.map((label) =>
    house.client.peer.createDataChannel({name, dataChannel: {label}})));
  const sequences = replies.map(({state}) => state.lastEventSequence);
  assert.equal(new Set(sequences).size, labels.length,
    'each reply shows a state of its own');
  const {state} = await house.peer(name);
  assert.equal(state.dataChannels.length, labels.length + 1);
}

export async function keep() {
  let overtaken = 0;
  const random = randomNumbers(6);
  await inHouse([], async (house) => {
    await lateAnswer(house);
    await staleOffer(house);
    await pipeline(house);
    const clients = [house.newClient(), house.newClient()];
    for (let i = 0; i < RACES; i += 1) {
      if (await race(house, clients, random)) overtaken += 1;
    }
    assert.ok(overtaken > 0, 'no offer was overtaken');
  });
  return `${RACES} races, ${overtaken} offers overtaken`;
}

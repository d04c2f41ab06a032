// P5. Glare is safe: a rollback works where W3C has it, and two peers that
// offer at once, whatever overtakes whatever, agree in the end.
import assert from 'node:assert/strict';

import {errorInfo} from '../js/error_info.mjs';
import {Negotiator} from './negotiator.mjs';
import {checkTable} from './signaling_table.mjs';
import {each, inHouse, randomNumbers, range, sectionsOf, times}
  from './house.mjs';

const INTERLEAVINGS = times(100, 10_000);
const AT_ONCE = 4;

const midsOf = (description) => sectionsOf(description.sdp).map(({mid, kind}) =>
  `${mid} ${kind}`);

async function descriptionsOf(house, name) {
  const {state, currentLocalDescription, currentRemoteDescription} =
    await house.peer(name, 'PEER_VIEW_FULL');
  assert.equal(state.signalingState, 'SIGNALING_STATE_STABLE');
  assert.ok(!state.negotiationNeeded);
  return [midsOf(currentLocalDescription), midsOf(currentRemoteDescription)];
}

// Steps of both ends in any order, some at the same time, until nothing is left
// to be done; the seed gives the order.
async function interleave(house, seed) {
  const random = randomNumbers(seed);
  const polite = new Negotiator(house, {polite: true}, random);
  const impolite = new Negotiator(house, {polite: false}, random);
  const ends = [polite, impolite];
  await polite.meet(impolite);
  for (let steps = 0; ends.some((end) => end.busy) ||
    (await Promise.all(ends.map((end) => end.look()))).includes(true);
    steps += 1) {
    assert.ok(steps < 300, 'they come to an end');
    const chosen = random() < 0.3 ? ends
      : [ends[Math.floor(random() * ends.length)]];
    await Promise.all(chosen.map((end) => end.step()));
  }
  const lists = (await Promise.all(ends.map((end) =>
    descriptionsOf(house, end.name)))).flat();
  for (const list of lists) assert.deepEqual(list, lists[0]);
  // What both wanted is there, and what was agreed on first still comes first.
  const wanted = ends.flatMap((end) => end.added);
  assert.deepEqual(lists[0].map((section) => section.split(' ')[1]).sort(),
    [...wanted].sort());
  for (const end of ends) {
    for (const agreed of end.agreed) {
      assert.deepEqual(lists[0].slice(0, agreed.length), agreed);
    }
    await house.client.peer.closePeer({name: end.name});
  }
  return ends.reduce((sum, end) => ({
    rollbacks: sum.rollbacks + end.rollbacks,
    ignored: sum.ignored + end.ignored}), {rollbacks: 0, ignored: 0});
}

export async function keep() {
  const sum = {rollbacks: 0, ignored: 0};
  await inHouse([], async (house) => {
    await checkTable(house);
    await each(range(INTERLEAVINGS), AT_ONCE, async (seed) => {
      try {
        const counts = await interleave(house, seed);
        for (const what of Object.keys(sum)) sum[what] += counts[what];
      } catch (error) {
        error.message = `interleaving ${seed}: ${error.message} ` +
          `(${errorInfo(error)?.reason ?? 'no reason'})`;
        throw error;
      }
    });
  });
  // Else nothing crossed.
  for (const [what, count] of Object.entries(sum)) {
    assert.ok(count > INTERLEAVINGS / 20, `${what}: ${count}`);
  }
  return `48 transitions; ${INTERLEAVINGS} interleavings with ` +
    `${sum.rollbacks} implicit rollbacks, ${sum.ignored} offers ignored`;
}

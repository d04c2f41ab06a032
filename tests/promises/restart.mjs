// P12. ICE restart works from both sides, keeps DTLS and every message, and is
// visible as an event with both ufrags.
import assert from 'node:assert/strict';

import {inHouse} from './house.mjs';
import {Pair} from './pair.mjs';

const RESTARTS = 4;

// The transport as GetStats has it.
async function transportOf(house, name) {
  const {report} = await house.client.peer.getStats({name});
  return report.stats.find(({transport}) => transport).transport;
}

// What a restart must not change: the DTLS session, by what was agreed on in
// its handshake.
const sessionOf = ({dtlsState, dtlsRole, dtlsCipher, tlsVersion,
  localCertificateId, remoteCertificateId}) => ({dtlsState, dtlsRole,
  dtlsCipher, tlsVersion, localCertificateId, remoteCertificateId});

// As W3C has it: restartIce() calls for a negotiation.
async function asksForOffer(house, name) {
  const {inbox, call} = house.client.stream('peer', 'watchPeer', {name});
  await inbox.take('the snapshot', ({snapshot}) => snapshot);
  await house.client.peer.restartIce({name});
  await inbox.take('negotiationneeded', ({event}) => event?.negotiationNeeded);
  call.cancel();
}

async function restart(house, pair, offerer) {
  const before = await Promise.all(pair.ends.map((end) =>
    transportOf(house, end.peer)));
  await asksForOffer(house, offerer.peer);
  await pair.signaling.negotiate({offerer});
  const [a, b] = await Promise.all(pair.ends.map(async (end) => {
    const event = await end.take('iceRestarted');
    await end.take('newPair');
    return event;
  }));
  assert.equal(a.localUsernameFragment, b.remoteUsernameFragment);
  assert.equal(b.localUsernameFragment, a.remoteUsernameFragment);
  const after = await Promise.all(pair.ends.map((end) =>
    transportOf(house, end.peer)));
  for (const [index, transport] of after.entries()) {
    assert.notEqual(transport.iceLocalUsernameFragment,
      before[index].iceLocalUsernameFragment);
    assert.deepEqual(sessionOf(transport), sessionOf(before[index]));
    assert.equal(transport.dtlsState, 'DTLS_TRANSPORT_STATE_CONNECTED');
    assert.ok(transport.packetsReceived >= before[index].packetsReceived);
  }
}

export async function keep() {
  let rounds;
  await inHouse([], async (house) => {
    const pair = await Pair.connect(house.client);
    const talk = pair.traffic();
    await talk.rounds(2);
    for (let i = 0; i < RESTARTS; i += 1) {
      await restart(house, pair, pair.ends[i % 2]);
      await talk.rounds(5);
    }
    rounds = await talk.stop();
    // Never another state than connected since it was.
    for (const end of pair.ends) {
      const states = end.history.filter(({kind}) => kind === 'state')
        .map(({state}) => state);
      assert.equal(states.at(-1), 'connected');
      assert.equal(states.filter((state) => state === 'connected').length, 1);
      const {counters} = await house.dump(end.peer);
      assert.equal(counters.ice_restarts, RESTARTS);
    }
    await pair.stop();
  });
  return `${RESTARTS} restarts, ${rounds} messages each way, all arrived`;
}

// More of something than anybody needs: peers, candidates, text.
import {errorInfo, retryDelay} from '../js/error_info.mjs';
import {besieged} from './besieged.mjs';

const FULL = Boolean(process.env.PARLEY_FULL);
const PEERS = 200;
const CREATES = FULL ? 50_000 : 4_000;
const CALLERS = 64;
const CANDIDATES = 100_000;
const MIB = 1 << 20;

// How often each answer came.
class Tally extends Map {
  count(answer) {
    this.set(answer, (this.get(answer) ?? 0) + 1);
  }
}

async function peers(checks) {
  const flags = [`--max-peers=${PEERS}`];
  await besieged(checks, 'a flood of CreatePeer', {flags, alone: true},
    async ({client}) => {
      const kept = (await client.peer.createPeer({})).peer.name;
      const names = [];
      const answers = new Tally();
      let wrong;
      let slowest = 0;
      let left = CREATES;
      const flood = Promise.all(Array.from({length: CALLERS}, async () => {
        while (left-- > 0) {
          try {
            names.push((await client.peer.createPeer({})).peer.name);
            answers.count('made');
          } catch (error) {
            answers.count(errorInfo(error)?.reason);
            if (error.code !== 8 || !(retryDelay(error) > 0)) wrong = error;
          }
        }
      }));
      let going = true;
      flood.finally(() => (going = false));
      while (going) {
        const start = performance.now();
        await client.peer.createOffer({name: kept});
        slowest = Math.max(slowest, performance.now() - start);
      }
      await flood;
      checks.check('as many peers are made as there may be',
        names.length === PEERS - 1, names.length);
      checks.check('the others are refused: PEERS, with when to try again',
        answers.get('PEERS') === CREATES - names.length && !wrong, answers,
        wrong);
      console.log(`an offer during the flood took ${slowest.toFixed(0)} ms ` +
        'at most');
      await Promise.all([...names, kept].map((name) =>
        client.peer.closePeer({name})));
      // As many again, at once.
      await Promise.all(Array.from({length: PEERS}, async () => {
        const {peer: {name}} = await client.peer.createPeer({});
        names.push(name);
      }));
      checks.check('then there is room again', true);
      await Promise.all(names.map((name) => client.peer.closePeer({name})));
    });
}

const candidate = (i) => `candidate:${i} 1 udp 2122260223 192.0.2.` +
  `${10 + (i % 240)} ${1024 + (i % 60_000)} typ host`;

// An offer as a browser would make it, from a peer of the server.
async function offerOf(client) {
  const {peer: {name}} = await client.peer.createPeer(
    {dataChannels: [{label: 'chat'}]});
  const {description: {sdp}} = await client.peer.createOffer({name});
  await client.peer.closePeer({name});
  return sdp;
}

// What a fresh peer says to this description, and how long it takes.
async function ask(client, sdp) {
  const {peer: {name}} = await client.peer.createPeer({});
  const start = performance.now();
  let answer = 'taken';
  try {
    await client.peer.setRemoteDescription(
      {name, description: {type: 'SDP_TYPE_OFFER', sdp}});
  } catch (error) {
    answer = errorInfo(error)?.reason ?? error.message;
  }
  const took = performance.now() - start;
  const after = (await client.peer.getPeer({name})).peer;
  await client.peer.closePeer({name});
  return {answer, took, after};
}

const long = 'x'.repeat(MIB);
// Each makes a text of more than 1 MB of an offer.
const descriptions = {
  'an attribute of 1 MB': (sdp) => `${sdp}a=${long}\r\n`,
  'a value of 1 MB': (sdp) => `${sdp}a=nonsense:${long}\r\n`,
  'a session name of 1 MB': (sdp) => sdp.replace(/^s=.*$/m, `s=${long}`),
  'an ice-ufrag of 1 MB': (sdp) =>
    sdp.replace(/^a=ice-ufrag:.*$/m, `a=ice-ufrag:${long}`),
  'a mid of 1 MB': (sdp) => sdp.replace(/^a=mid:.*$/m, `a=mid:${long}`),
  'a fingerprint of 1 MB': (sdp) => sdp.replace(/^a=fingerprint:.*$/m,
    `a=fingerprint:sha-256 ${'AA:'.repeat(MIB / 3)}AA`),
  'a line without an end': (sdp) => `${sdp}${long}`,
  '1 MB of empty lines': (sdp) => sdp + '\r\n'.repeat(MIB / 2),
  '1 MB of formats': (sdp) => sdp.replace('webrtc-datachannel',
    'webrtc-datachannel' + ' 9'.repeat(MIB / 2)),
  '1 MB of sections': (sdp) => sdp +
    'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(MIB / 31),
  'a bundle of 1 MB': (sdp) => sdp.replace(/^a=group:BUNDLE.*$/m,
    `a=group:BUNDLE${' 0'.repeat(MIB / 2)}`),
};

async function texts(checks) {
  await besieged(checks, 'descriptions', {}, async ({client}) => {
    const offer = await offerOf(client);
    const {answer} = await ask(client, descriptions['an attribute of 1 MB'](
      offer));
    checks.check('1 MB is beyond the limit of a description',
      answer === 'LIMIT_EXCEEDED', answer);
  });
  // And where somebody has set the limit higher.
  await besieged(checks, '1 MB lines', {flags:
    ['--max-description-size=16MiB']}, async ({client}) => {
    const offer = await offerOf(client);
    for (const [name, make] of Object.entries(descriptions)) {
      const {answer, took, after} = await ask(client, make(offer));
      checks.check(`${name} is taken or refused, soon`,
        /^(taken|SDP_SYNTAX|SDP_INVALID|LIMIT_EXCEEDED|NOT_SUPPORTED)$/.test(
          answer) && took < 10_000, answer, took);
      checks.check(`${name} leaves nothing half done`,
        after.state.signalingState === (answer === 'taken' ?
          'SIGNALING_STATE_HAVE_REMOTE_OFFER' : 'SIGNALING_STATE_STABLE'),
        after.state.signalingState);
    }
  });
}

async function candidates(checks) {
  await besieged(checks, '100,000 candidates', {flags:
    ['--max-description-size=16MiB']}, async ({client}) => {
    const offer = await offerOf(client);
    const lines = Array.from({length: CANDIDATES}, (_, i) =>
      `a=${candidate(i)}\r\n`).join('');
    const {answer, took} = await ask(client, offer + lines);
    checks.check('100,000 candidates in a description are taken or refused',
      /^(taken|LIMIT_EXCEEDED|SDP_INVALID)$/.test(answer) && took < 20_000,
      answer, took);

    const {pool: {limits}} = await client.pool.getPool();
    for (const described of [false, true]) {
      const outcomes = await trickle(client, described && offer,
        limits.maxCandidatesPerCall);
      const where = described ? 'after' : 'before';
      checks.check(`100,000 candidates ${where} the description: each is ` +
        'answered', sum(outcomes) === CANDIDATES, outcomes);
      checks.check(`100,000 candidates ${where} the description: a few wait`,
        (outcomes.get('QUEUED') ?? 0) <= limits.maxQueuedCandidates, outcomes);
    }
    const beyond = await client.peer.createPeer({});
    const error = await client.peer.addIceCandidates({name: beyond.peer.name,
      candidates: Array.from({length: limits.maxCandidatesPerCall + 1},
        (_, i) => ({candidate: candidate(i), sdpMid: '0'}))})
      .catch((failure) => failure);
    checks.check('more than a call may have are refused',
      error instanceof Error && errorInfo(error)?.reason === 'LIMIT_EXCEEDED',
      error);
    await client.peer.closePeer({name: beyond.peer.name});
  });
}

const sum = (counts) => [...counts.values()].reduce((a, b) => a + b, 0);

async function trickle(client, offer, batch) {
  const {peer: {name}} = await client.peer.createPeer({});
  if (offer) {
    await client.peer.setRemoteDescription(
      {name, description: {type: 'SDP_TYPE_OFFER', sdp: offer}});
    await client.peer.setLocalDescription({name});
  }
  const outcomes = new Tally();
  for (let from = 0; from < CANDIDATES; from += batch) {
    const size = Math.min(batch, CANDIDATES - from);
    const {results} = await client.peer.addIceCandidates({name,
      candidates: Array.from({length: size}, (_, i) =>
        ({candidate: candidate(from + i), sdpMid: '0'}))});
    for (const {outcome, ignoredReason, error} of results) {
      const said = outcome.replace('ICE_CANDIDATE_OUTCOME_', '');
      outcomes.count([said, error?.reason, ignoredReason?.replace(
        'ICE_CANDIDATE_IGNORED_REASON_', '')].filter((word) =>
        word && word !== 'UNSPECIFIED').join(' '));
    }
  }
  await client.peer.closePeer({name});
  return outcomes;
}

export async function floods(checks) {
  await peers(checks);
  await texts(checks);
  await candidates(checks);
}

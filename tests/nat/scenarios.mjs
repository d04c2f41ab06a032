// What the two ends must live through, by name: {nats, configuration, run} and,
// where a server has some of its own, {flags}.
//
// run gets {lab, a, b, connect, negotiate, exchange, traffic}; see pair.mjs.
import assert from 'node:assert/strict';
import {setTimeout as pass} from 'node:timers/promises';

import {publicAddress, SERVER, TURN} from './lab.mjs';

const stun = {iceServers: [{urls: [`stun:${SERVER}:3478`]}]};
const turn = (transport) => ({iceServers: [
  {urls: [`stun:${SERVER}:3478`]},
  {urls: [`turn:${SERVER}:3478?transport=${transport}`], ...TURN},
]});
const relayOnly = {...turn('udp'),
  iceTransportPolicy: 'ICE_TRANSPORT_POLICY_RELAY'};

const typeOf = (candidate) => / typ (\S+)/.exec(candidate)[1];
// The types of candidates of the pair in use, as both ends see it.
async function pairTypes({a, b}) {
  const pairs = await Promise.all([a, b].map((end) => end.take('pair')));
  return pairs.flatMap(({local, remote}) => [typeOf(local), typeOf(remote)]);
}

async function direct(pair) {
  await pair.connect();
  const types = await pairTypes(pair);
  assert.ok(!types.includes('relay'), `no relay in ${types}`);
  await pair.exchange(100);
}

async function relayed(pair) {
  await pair.connect();
  const types = await pairTypes(pair);
  assert.ok(types.includes('relay'), `a relay in ${types}`);
  await pair.exchange(100);
}

async function overTcp(pair) {
  await pair.connect();
  const pairs =
    await Promise.all([pair.a, pair.b].map((end) => end.take('pair')));
  for (const {local, remote} of pairs) {
    assert.match(local, / tcp .* tcptype /i);
    assert.match(remote, / tcp .* tcptype /i);
  }
  await pair.exchange(100);
}

async function onlyRelays(pair) {
  await relayed(pair);
  for (const {name, candidates} of [pair.a, pair.b]) {
    assert.ok(candidates.length > 0, `candidates of ${name}`);
    assert.deepEqual(new Set(candidates.map(typeOf)), new Set(['relay']));
  }
}

// No way leads through: told, and not waited for without end.
async function impossible({negotiate, a, b}) {
  await negotiate();
  await Promise.all([a, b].map((end) => end.reached('failed')));
}

// The messages under way all the time, over a link that is cut for so long.
async function cut(pair, seconds) {
  await pair.connect();
  const traffic = pair.traffic();
  await pair.lab.link('a', 'cut');
  await pass(seconds * 1000);
  await pair.lab.link('a', 'heal');
  await traffic.stop();
}

const heals = (seconds) => async (pair) => {
  await cut(pair, seconds);
  for (const end of [pair.a, pair.b]) {
    // Messages may arrive before a check tells that all is well again.
    while (end.states.at(-1) !== 'connected') await end.take('state');
    assert.ok(!end.states.includes('failed'), `${end.name}: ${end.states}`);
  }
  await pair.exchange(10);
};

async function failsAndIsRevived(pair) {
  const {a, b, lab} = pair;
  await pair.connect();
  const traffic = pair.traffic();
  await lab.link('a', 'cut');
  for (const state of ['disconnected', 'failed']) {
    await Promise.all([a, b].map((end) => end.reached(state)));
  }
  await lab.link('a', 'heal');
  await pair.restart();
  await traffic.stop();
  await pair.exchange(10);
}

async function moves(pair, move) {
  await pair.connect();
  const traffic = pair.traffic();
  move(pair.lab);
  await pair.restart();
  await traffic.stop();
  await pair.exchange(10);
}

async function badLink(pair) {
  await pair.lab.link('a', 'loss=0.1', 'delay=0.1', 'jitter=0.05');
  await direct(pair);
}

const cones = {a: 'cone', b: 'cone'};

export const scenarios = {
  'cone to cone, STUN alone': {
    nats: cones, configuration: stun, run: direct},
  'symmetric to symmetric, TURN': {
    nats: {a: 'symmetric', b: 'symmetric'}, configuration: turn('udp'),
    run: relayed},
  'symmetric to cone, TURN': {
    nats: {a: 'symmetric', b: 'cone'}, configuration: turn('udp'),
    run: relayed},
  'UDP blocked, TURN over TCP': {
    nats: {a: 'blockUdp', b: 'cone'}, configuration: turn('tcp'),
    run: relayed},
  'UDP blocked, no TCP': {
    nats: {a: 'blockUdp', b: 'cone'}, configuration: turn('udp'),
    run: impossible},
  'UDP blocked, ICE-TCP to a 1:1 NAT': {
    nats: {a: 'blockUdp', b: 'oneToOne'}, configuration: {iceTcp: true},
    flags: {b: [`--external-addresses=${publicAddress('b')}`]},
    run: overTcp},
  'only relays': {
    nats: cones, configuration: relayOnly, run: onlyRelays},
  '10 % loss, 100 ms and more, out of order': {
    nats: cones, configuration: stun, run: badLink},
  'cut for 5 s': {nats: cones, configuration: stun, run: heals(5)},
  'cut for 20 s': {nats: cones, configuration: stun, run: heals(20)},
  'cut until it fails, restarted': {
    nats: cones, configuration: stun, run: failsAndIsRevived},
  'a host moves, restarted': {
    nats: cones, configuration: stun,
    run: (pair) => moves(pair, (lab) => lab.moveHost('a'))},
  'a NAT moves, restarted': {
    nats: cones, configuration: stun,
    run: (pair) => moves(pair, (lab) => lab.moveNat('a'))},
};

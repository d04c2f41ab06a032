// P9. Reachable from outside without reading source: external addresses, a range
// of ports, relays only; what became of each candidate, and why; and a
// configuration that cannot work is refused at the start, by the flag's name.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {Inbox, within} from '../js/deadline.mjs';
import {refusedStart} from '../js/parley.mjs';
import {HOST, HOST6, inHouse} from './house.mjs';
import {Pair} from './pair.mjs';

const EXTERNAL = '203.0.113.7';
const RANGE = {first: 42_000, last: 42_019};
const PATIENCE_MS = 60_000;
const TURN = {username: 'u', credential: 'p', port: 3478};

// {address, port, type, related} of each candidate in an offer.
async function candidates(house, request = {}) {
  const {peer, description, gatheringComplete} = await house.client.peer.offer(
    {create: {dataChannels: [{label: 'chat'}], ...request},
      gatheringTimeout: {seconds: 10}});
  assert.ok(gatheringComplete);
  await house.client.peer.closePeer({name: peer.name});
  const line = /^a=candidate:\S+ 1 UDP \d+ (\S+) (\d+) typ (\S+)( raddr (\S+))?/gim;
  return [...description.sdp.matchAll(line)].map(
    ([, address, port, type, , related]) =>
      ({address, port: Number(port), type, related}));
}

const shown = (list) => list.map(({address, type, related}) =>
  [address, type, ...(related ? [related] : [])].join(' ')).sort();

// What flags say of addresses is what is told, and nothing else.
const addressCases = [
  {flags: [], told: [`${HOST} host`, `${HOST6} host`]},
  {flags: ['--ipv6=false'], told: [`${HOST} host`]},
  {flags: [`--addresses=${HOST6}`], told: [`${HOST6} host`]},
  {flags: ['--exclude-interfaces=test*', '--loopback'],
    told: ['127.0.0.1 host', '::1 host']},
  {flags: ['--interfaces=test0', '--ipv4=false'], told: [`${HOST6} host`]},
  {flags: [`--external-addresses=${EXTERNAL}`],
    told: [`${EXTERNAL} host`, `${HOST6} host`]},
  {flags: [`--external-addresses=${HOST}=${EXTERNAL}`, '--ipv6=false',
    '--keep-local-addresses'],
  told: [`${HOST} host`, `${EXTERNAL} srflx ${HOST}`]},
];

async function checkAddresses({flags, told}) {
  const range = `--port-range=${RANGE.first}-${RANGE.last}`;
  await inHouse([range, ...flags], async (house) => {
    const list = await candidates(house);
    assert.deepEqual(shown(list), [...told].sort(), flags.join(' '));
    for (const {port} of list) {
      assert.ok(port >= RANGE.first && port <= RANGE.last, `port ${port}`);
    }
  });
}

// One shared port, also behind another address.
async function singlePort() {
  await inHouse(['--udp-port=3479', '--ice-mode=single-port',
    `--external-addresses=${EXTERNAL}`], async (house) => {
    const list = await candidates(house);
    assert.deepEqual(shown(list), [`${EXTERNAL} host`, `${HOST6} host`].sort());
    assert.ok(list.every(({port}) => port === 3479));
  });
}

async function withTurn(work) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-turn-'));
  const turn = spawn('turnserver', ['-n', '-v', '--no-cli', '--no-tls',
    '--no-dtls', '--log-file=stdout', '--simple-log',
    `--pidfile=${directory}/pid`, `--userdb=${directory}/db`,
    `--listening-ip=${HOST}`, `--listening-port=${TURN.port}`,
    '--lt-cred-mech', '--fingerprint', '--realm=test',
    `--user=${TURN.username}:${TURN.credential}`,
    '--min-port=49200', '--max-port=49300'],
  {stdio: ['ignore', 'pipe', 'ignore']});
  const exited = once(turn, 'exit');
  const lines = new Inbox();
  createInterface({input: turn.stdout}).on('line', (line) => lines.push(line));
  try {
    await lines.take('coturn', (line) =>
      line.includes('UDP listener opened on'), PATIENCE_MS);
    await work();
  } finally {
    turn.kill('SIGKILL');
    await exited;
    rmSync(directory, {recursive: true});
  }
}

// Not one address of this machine is told; over relays they connect.
async function relayOnly(house) {
  const configuration = {iceTransportPolicy: 'ICE_TRANSPORT_POLICY_RELAY',
    iceServers: [{urls: [`turn:${HOST}:${TURN.port}`],
      username: TURN.username, credential: TURN.credential}]};
  const list = await candidates(house, {configuration});
  assert.ok(list.length > 0);
  assert.ok(list.every(({type}) => type === 'relay'), JSON.stringify(list));
  assert.deepEqual(await candidates(house,
    {configuration: {...configuration, iceServers: []}}), []);
  const pair = await Pair.connect(house.client, {configuration});
  for (const {peer} of pair.ends) {
    const [local] = await selected(house, peer, 'LOCAL');
    assert.match(local, / typ relay/);
  }
  await pair.stop();
}

async function selected(house, name, side) {
  const dump = await house.dump(name);
  return dump.candidates.filter((one) => one.selected &&
    one.side === `DESCRIPTION_SIDE_${side}`)
    .map(({candidate}) => candidate.candidate);
}

// DumpPeer says which candidates carry the connection.
async function chosen(house) {
  const pair = await Pair.connect(house.client);
  const [a, b] = pair.ends;
  const ofA = await selected(house, a.peer, 'LOCAL');
  assert.equal(ofA.length, 1);
  assert.match(ofA[0], / typ host/);
  const port = (text) => text.split(' ')[5];
  const [seenByB] = await selected(house, b.peer, 'REMOTE');
  assert.equal(port(seenByB), port(ofA[0]));
  await pair.stop();
}

const host = (address, transport = 'udp') =>
  `candidate:7 1 ${transport} 2130706431 ${address} 9999 typ host` +
  (transport === 'tcp' ? ' tcptype active' : '');

// Why a candidate is not used, in the reply and for ever after.
const dropped = {
  [host('0f7c9a2e-6e0b-4c5c-9d3e-5b1d1a8f0c11.local')]: 'HOST_NAME',
  [host('127.0.0.1')]: 'ADDRESS_POLICY',
  [host('169.254.169.254')]: 'ADDRESS_POLICY',
  [host('192.0.2.77', 'tcp')]: 'TRANSPORT',
  [`${host('192.0.2.78').replace(' 1 udp', ' 2 udp')}`]: 'COMPONENT',
};

// They come by calls, or in the text of the offer.
async function whyDropped(house, inText) {
  const offerer = await house.create();
  const {description} =
    await house.client.peer.setLocalDescription({name: offerer});
  const texts = Object.keys(dropped);
  if (inText) {
    description.sdp += texts.map((text) => `a=${text}\r\n`).join('');
  }
  const {peer: {name}} = await house.client.peer.createPeer({});
  await house.client.peer.setRemoteDescription({name, description});
  await house.client.peer.setLocalDescription({name});
  if (!inText) {
    await house.client.peer.addIceCandidates({name,
      candidates: texts.map((candidate) => ({candidate, sdpMid: '0'}))});
  }
  const dump = await house.dump(name);
  for (const [text, reason] of Object.entries(dropped)) {
    const record = dump.candidates.find(({candidate}) =>
      candidate.candidate === text);
    assert.equal(record?.outcome, 'ICE_CANDIDATE_OUTCOME_IGNORED', text);
    assert.equal(record.ignoredReason,
      `ICE_CANDIDATE_IGNORED_REASON_${reason}`, text);
  }
}

// The flag that is named in the refusal, and what makes it impossible.
const impossible = {
  '--port-range': [['--port-range=9-1'], ['--port-range=0-70000']],
  '--ipv6': [['--ipv4=false', '--ipv6=false']],
  '--external-addresses': [['--external-addresses=nonsense'],
    [`--external-addresses=${HOST}=${HOST6}`],
    [`--external-addresses=192.0.2.99=${EXTERNAL}`]],
  '--addresses': [['--addresses=198.51.100.9']],
  '--interfaces': [['--interfaces=none0']],
  '--exclude-interfaces': [['--exclude-interfaces=*']],
  '--ice-mode': [['--ice-mode=single-port']],
  '--udp-port': [['--udp-port=3479', '--addresses=127.0.0.1,127.0.0.1',
    '--udp-port=3480']],
  '--allow-networks': [['--allow-networks=10.0.0.0/33']],
  '--insecure-bind': [['--listen=0.0.0.0:50051']],
};

async function checkRefusals() {
  for (const [flag, cases] of Object.entries(impossible)) {
    for (const flags of cases) {
      const {code, text} = await within(PATIENCE_MS, flags.join(' '),
        refusedStart(flags));
      assert.ok(code === 1 || code === 2, `${flags.join(' ')}: ended ${code}`);
      assert.match(text, /^parleyd: [^\n]+\n$/, flags.join(' '));
      assert.ok(text.includes(flag), `${flags.join(' ')}: ${text}`);
    }
  }
}

export async function keep() {
  await checkRefusals();
  for (const one of addressCases) await checkAddresses(one);
  await singlePort();
  await inHouse([], async (house) => {
    await chosen(house);
    await whyDropped(house, false);
    await whyDropped(house, true);
  });
  await withTurn(() => inHouse([], relayOnly));
  return `${addressCases.length + 1} address policies, ` +
    `${Object.values(impossible).flat().length} refused starts`;
}

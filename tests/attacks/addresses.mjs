// Addresses that a server must not send to because a caller says so: who could
// make it would have a port scanner within its network, and the credentials
// that clouds keep for their machines. The kernel counts what goes there.
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {settle} from '../js/process_use.mjs';
import {withServer} from '../js/with_server.mjs';
import {REDIRECTION_PORT, RedirectingServer} from './redirecting_server.mjs';

const LOCAL = '192.0.2.2';
const LOCAL_V6 = 'fd00:7061:726c::2';
// Nobody is there; packets go there all the same.
const ALLOWED = '192.0.2.77';
const METADATA = '169.254.169.254';
// Nobody's either, that only another server names.
const ALTERNATE = '192.0.2.78';
const PORT = 4444;
const STUN_PORT = 3478;

const udp = ['-p', 'udp'];
const rules = {
  iptables: [
    ['169.254.0.0/16'], ['127.0.0.0/8', ...udp],
    ...[STUN_PORT, REDIRECTION_PORT].map((port) =>
      ['127.0.0.0/8', '-p', 'tcp', '--dport', String(port)]),
    ['0.0.0.0/32'], ['224.0.0.0/4', ...udp], ['255.255.255.255/32'],
    ['100.100.100.200/32'], ['168.63.129.16/32'], ['192.0.0.192/32'],
    [`${ALTERNATE}/32`]],
  ip6tables: [
    ['fe80::/10', ...udp], ['::1/128', ...udp], ['fd00:ec2::/32'],
    ['fd20:ce::254/128'], ['ff00::/8', ...udp], ['::ffff:0:0/96'],
    ['::/128']],
};

const candidates = [
  METADATA, '169.254.1.1', '127.0.0.1', '127.1.2.3', '0.0.0.0', '224.0.0.251',
  '255.255.255.255', '100.100.100.200', '168.63.129.16', '192.0.0.192',
  'fe80::1', '::1', '::', 'fd00:ec2::254', 'fd20:ce::254', 'ff02::fb',
  `::ffff:${METADATA}`, '::ffff:127.0.0.1', '::127.0.0.1',
  '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1'];
const names = ['metadata.test', 'localhost', 'peer.local'];

const hosts = `127.0.0.1 localhost loopback.test
::1 loopback6.test
${METADATA} metadata.test peer.local
::ffff:${METADATA} mapped.test
fd00:ec2::254 metadata6.test
fe80::1 link.test
`;
const serverHosts = [
  METADATA, '127.0.0.1', '[::1]', '[fd00:ec2::254]', `[::ffff:${METADATA}]`,
  '[fe80::1]', '224.0.0.1', '0.0.0.0', 'localhost', 'loopback.test',
  'loopback6.test', 'metadata.test', 'mapped.test', 'metadata6.test',
  'link.test'];
const turn = {username: 'user', credential: 'secret'};

function count() {
  for (const [program, ranges] of Object.entries(rules)) {
    for (const range of ranges) {
      execFileSync(program, ['-A', 'OUTPUT', '-d', ...range]);
    }
  }
  execFileSync('iptables', ['-A', 'OUTPUT', '-d', ALLOWED]);
}

// {destination: packets} of the rules, and how many went to the allowed one.
function counted() {
  const lines = Object.keys(rules).flatMap((program) =>
    execFileSync(program, ['-nvxL', 'OUTPUT'], {encoding: 'utf8'})
      .split('\n').slice(2).filter(Boolean));
  const packets = {};
  let control = 0;
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    const destination = words.find((word, i) => i > 2 && /[.:]/.test(word) &&
      word !== '0.0.0.0/0' && word !== '::/0');
    if (destination === ALLOWED) control += Number(words[0]);
    else packets[destination] = Number(words[0]) + (packets[destination] ?? 0);
  }
  return {packets, control};
}

function checkNone(checks, name) {
  const sent = Object.entries(counted().packets).filter(([, n]) => n > 0);
  checks.check(`${name}: nothing is sent to a denied address`,
    sent.length === 0, sent);
}

const line = (address, i) =>
  `candidate:${i} 1 udp ${2122260223 - i} ${address} ${PORT} typ host`;

async function byCandidates(checks, client) {
  const {peer: offerer} = await client.peer.createPeer(
    {dataChannels: [{label: 'chat'}]});
  const {description: {sdp}} =
    await client.peer.createOffer({name: offerer.name});
  const all = [...candidates, ...names].map(line);
  // The last by its priority: the others had their turn when it has.
  const last = `candidate:99 1 udp 1 ${ALLOWED} ${PORT} typ host`;
  const answer = async (text) => {
    const {peer: {name}} = await client.peer.createPeer({});
    await client.peer.setRemoteDescription(
      {name, description: {type: 'SDP_TYPE_OFFER', sdp: text}});
    await client.peer.setLocalDescription({name});
    return name;
  };
  let before = 0;
  // More packets than before go to the allowed one.
  const tried = async (more = 3) => {
    const {control} = await settle(counted, ({control: now}) =>
      now >= before + more);
    const done = control >= before + more;
    before = control;
    return done;
  };

  await answer(sdp + [...all, last].map((one) => `a=${one}\r\n`).join(''));
  checks.check('a candidate of a description is tried', await tried());
  checkNone(checks, 'candidates of a description');

  const name = await answer(sdp);
  const {results} = await client.peer.addIceCandidates({name, candidates:
    [...all, last].map((candidate) => ({candidate, sdpMid: '0'}))});
  checks.check('the allowed one is applied',
    results.at(-1).outcome.endsWith('APPLIED'), results.at(-1));
  checks.check('a candidate that was added is tried', await tried());
  checkNone(checks, 'candidates that are added');
}

// The events of gathering with this server that say it gave nothing.
async function gather(client, iceServer) {
  const {peer: {name}} = await client.peer.createPeer(
    {dataChannels: [{label: 'chat'}], configuration: {iceServers:
      [iceServer]}});
  const events = [];
  const stream = client.watchPeer(name, () => {}, (event) => {
    events.push(event);
    stream.inbox.push(event);
  });
  try {
    await client.peer.setLocalDescription({name});
    await stream.inbox.take(`gathering with ${iceServer.urls}`,
      ({iceGatheringStateChange}) => iceGatheringStateChange
        ?.iceGatheringState === 'ICE_GATHERING_STATE_COMPLETE', 60_000);
  } finally {
    stream.call.cancel();
  }
  return events.filter(({iceCandidateError}) => iceCandidateError);
}

async function byServers(checks, client) {
  const servers = serverHosts.flatMap((host) => [
    {urls: [`stun:${host}`]},
    {urls: [`turn:${host}?transport=udp`], ...turn},
    {urls: [`turn:${host}?transport=tcp`], ...turn}]);
  const results = await Promise.all(servers.map(async (server) =>
    [server.urls[0], await gather(client, server)]));
  const silent = results.filter(([, errors]) => errors.length === 0)
    .map(([url]) => url);
  checks.check('who names a denied server is told that it gives nothing',
    silent.length === 0, silent);
  checkNone(checks, 'ICE servers');
}

// A server that may be asked, and answers that another one should be.
async function byRedirection(checks, client) {
  for (const target of [METADATA, '127.0.0.1', ALTERNATE]) {
    const server = await RedirectingServer.start(LOCAL, STUN_PORT, target);
    try {
      await Promise.all([
        {urls: [`stun:${LOCAL}`]},
        {urls: [`turn:${LOCAL}?transport=udp`], ...turn},
        {urls: [`turn:${LOCAL}?transport=tcp`], ...turn},
      ].map((one) => gather(client, one)));
      checks.check(`servers that point to ${target} were asked`,
        server.bindings > 0 && server.allocations > 0, server.bindings,
        server.allocations);
    } finally {
      server.close();
    }
    checkNone(checks, `servers that point to ${target}`);
  }
}

export async function addresses(checks) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-addresses-'));
  const file = join(directory, 'hosts');
  writeFileSync(file, hosts);
  const before = ['unshare', '--mount', 'sh', '-c',
    `mount --bind ${file} /etc/hosts && exec "$@"`, 'sh'];
  count();
  try {
    await withServer({before, flags: ['--log-level=warning'],
      addresses: `${LOCAL},${LOCAL_V6}`}, async ({client}) => {
      await byCandidates(checks, client);
      await byServers(checks, client);
      await byRedirection(checks, client);
    });
  } finally {
    rmSync(directory, {recursive: true});
  }
}

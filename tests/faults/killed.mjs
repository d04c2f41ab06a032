// Clients that are killed in the middle of each method there is.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

import {selfSigned} from '../js/certificates.mjs';
import {CallCounts} from '../js/channelz.mjs';
import {within} from '../js/deadline.mjs';
import {Client, Server} from '../js/parley.mjs';
import {settle, useOf} from '../js/process_use.mjs';
import {methodsOf} from '../js/requests.mjs';
import {warmUp} from '../js/warm_up.mjs';
import {connect} from './connected.mjs';

const caller = fileURLToPath(new URL('caller.mjs', import.meta.url));
const ADDRESS = '127.0.0.1:50051';
const ADMIN = '127.0.0.1:50052';
const WIDTH = 8;
// By which gRPC's own pools of threads grow and shrink.
const BREATH = 8;
const REPLY_MS = 120_000;
// After so many replies a client is killed.
const KILLS = process.env.PARLEY_FULL ? [1, 2, 5, 20, 40, 80, 160] : [4];

// Other services of the server, with what a caller of theirs would send.
const others = [
  ['grpc.health.v1.Health/Check', '', false],
  ['grpc.health.v1.Health/Watch', '', true],
  // {list_services: ""}
  ['grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo', '3a00',
    true],
].map(([path, hex, streams]) => ({name: path.split('/')[1], path: `/${path}`,
  streams, serialize: () => Buffer.from(hex, 'hex')}));

// How many calls a client has open. Of those who read a channel the last ends
// the one before.
const widthOf = ({name}) => (name === 'ReceiveMessages' ? 1 : WIDTH);

// What a caller says when it has so many.
async function repliesOf(child, replies) {
  for await (const line of createInterface({input: child.stdout})) {
    const told = JSON.parse(line);
    if (told.replies >= replies) return told;
  }
  throw new Error('the client ended by itself');
}

async function killIn(method, it, replies) {
  const {name, path, streams, serialize} = method;
  const child = spawn(process.execPath,
    [caller, ADDRESS, path, serialize(it).toString('base64'), String(streams),
      String(widthOf(method))], {stdio: ['ignore', 'pipe', 'inherit']});
  const exited = once(child, 'exit');
  try {
    if (name === 'ReceiveMessages') await it.send();
    // Streams give no more first messages than there are streams.
    return await within(REPLY_MS, `${replies} replies of ${name}`,
      repliesOf(child, streams ? 1 : replies));
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

// All at once, but for those who read the channel.
async function killOften(method, subjects) {
  const kill = async (replies) =>
    killIn(method, await subjects.make(method.name), replies);
  if (method.name !== 'ReceiveMessages') return Promise.all(KILLS.map(kill));
  const told = [];
  for (const replies of KILLS) told.push(await kill(replies));
  return told;
}

// What the requests of one method are about, made for it.
class Subjects {
  constructor(client, pair, pem) {
    Object.assign(this, {client, pair, pem});
  }

  async make(name) {
    const {peer} = await this.client.peer.createPeer({
      transceivers: [{kind: 'MEDIA_KIND_AUDIO'}],
      dataChannels: [{label: 'chat'}]});
    if (name === 'CreateAnswer') {
      await this.client.peer.setRemoteDescription({name: peer.name,
        description: {type: 'SDP_TYPE_OFFER', sdp: this.pair.offer}});
    }
    const {certificate} =
      await this.client.certificate.generateCertificate({});
    return {
      peer: peer.name,
      transceiver: peer.state.transceivers[0].name,
      // What sends and receives needs an open one.
      channel: name === 'CloseDataChannel' ?
        peer.state.dataChannels[0].name : this.pair.channel,
      send: () => this.client.dataChannel.sendMessage(
        {name: this.pair.other, text: 'for the reader'}),
      certificate: certificate.name,
      offer: this.pair.offer,
      pem: this.pem,
      // A caller that is killed can close nothing: what it made dies by its
      // lease.
      create: {labels: {of: 'killed'}, leaseTtl: {seconds: 1},
        dataChannels: [{label: 'chat'}]},
    };
  }

  async clear() {
    const {peers = []} = await this.client.peer.listPeers({pageSize: 1000});
    for (const {name, labels} of peers) {
      if (labels?.of !== 'killed' && !this.pair.names.includes(name)) {
        await this.client.peer.closePeer({name});
      }
    }
    for (;;) {
      const {certificates = []} =
        await this.client.certificate.listCertificates({});
      if (certificates.length === 0) return;
      await Promise.all(certificates.map(({name}) =>
        this.client.certificate.deleteCertificate({name})));
    }
  }
}

// Peers that hold anything, which after a while should be as many as expected.
const openPeers = (client, expected) => settle(
  async () => (await client.pool.getPool()).pool.use.peers ?? 0,
  (peers) => peers === expected);

async function killInAll(checks, server, client, counts) {
  const pair = await connect(client);
  const subjects = new Subjects(client, pair, selfSigned());
  const quiet = await counts.open();
  await warmUp(client);
  const idle = () => openPeers(client, pair.names.length);
  await idle();
  const before = useOf(server.process.pid);
  const methods = [...methodsOf(client), ...others];
  for (const method of methods) {
    const told = await killOften(method, subjects);
    checks.check(`${method.name} worked until the kill`,
      told.every(({good}) => good > 0), told);
    const left = await settle(() => counts.open(), (open) => open <= quiet);
    checks.check(`no call is left of a client killed in ${method.name}`,
      left === quiet, left, quiet);
    // There may be only so many certificates.
    await subjects.clear();
  }
  const peersLeft = await idle();
  checks.check('peers of killed clients end by their lease',
    peersLeft === pair.names.length, peersLeft);
  const {peers = []} = await client.peer.listPeers(
    {showClosed: true, pageSize: 1000, labels: {of: 'killed'}});
  checks.check('and say so', peers.length > 0 && peers.every(({closure}) =>
    closure?.reason === 'CLOSE_REASON_LEASE_EXPIRED'),
  peers.length, peers.find(({closure}) => !closure));
  const after = await settle(() => useOf(server.process.pid),
    ({descriptors}) => descriptors <= before.descriptors);
  checks.check('descriptors are as before',
    after.descriptors <= before.descriptors, before, after);
  checks.check('threads are as before',
    after.threads <= before.threads + BREATH, before, after);
  checks.check('a pair that was connected all the time still is',
    await pair.works(), pair.names);
  console.log(`${methods.length} methods, ${methods.length * KILLS.length} ` +
    `kills; ${before.memory} KiB before, ${after.memory} KiB after, ` +
    `${after.threads} threads, ${after.descriptors} descriptors`);
}

export async function killed(checks) {
  const server = await Server.start(ADDRESS,
    [`--admin-listen=${ADMIN}`, '--addresses=127.0.0.1',
      '--log-level=warning']);
  const client = new Client(ADDRESS);
  const counts = new CallCounts(ADMIN);
  try {
    await killInAll(checks, server, client, counts);
    client.close();
    counts.close();
    await server.stop();
    checks.check('and the server ends in order', true);
  } finally {
    client.close();
    counts.close();
    server.process.kill('SIGKILL');
    await server.exited;
  }
}

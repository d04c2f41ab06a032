// Streams whose callers stop reading them.
import {errorInfo} from '../js/error_info.mjs';
import {settle, useOf} from '../js/process_use.mjs';
import {RawConnection, Unframed, frame} from '../js/raw_call.mjs';
import {ADDRESS, withServer} from '../js/with_server.mjs';
import {connect} from './connected.mjs';

const WATCHERS = 40;
const PEERS = 8;
const ROUNDS = process.env.PARLEY_FULL ? 4_000 : 200;
const MIB = 1024;
const OUT_OF_RANGE = 11;
const TEXT = 'x'.repeat(16_000);

// A stream of its own connection that is not read until somebody says so.
// HTTP/2 lets a server send 64 KiB then.
class Stalled {
  messages = [];
  status;

  constructor(stub, method, request, onMessage = () => {}) {
    const {path, requestSerialize, responseDeserialize} =
      stub.constructor.service[method];
    this.serialize = requestSerialize;
    this.connection = new RawConnection(ADDRESS);
    this.stream = this.connection.stream(path);
    this.unframed = new Unframed(responseDeserialize);
    this.onMessage = onMessage;
    this.stream.on('trailers', (fields) => {
      this.status = Number(fields['grpc-status']);
    });
    this.write(request);
  }

  write(request) {
    this.stream.write(frame(this.serialize(request)));
  }

  read() {
    this.stream.on('data', (chunk) => {
      for (const message of this.unframed.take(chunk)) {
        this.messages.push(message);
        this.onMessage(message);
      }
    });
    return this;
  }

  close() {
    this.connection.close();
  }
}

const dense = (sequences) =>
  sequences.every((sequence, i) => sequence === sequences[0] + i);

// Every round is four events or so of a peer.
async function round(client, name) {
  const start = performance.now();
  await client.peer.setLocalDescription({name});
  await client.peer.setLocalDescription(
    {name, description: {type: 'SDP_TYPE_ROLLBACK'}});
  return performance.now() - start;
}

async function rounds(client, names, count) {
  const times = (await Promise.all(names.map(async (name) => {
    const mine = [];
    for (let i = 0; i < count; i += 1) mine.push(await round(client, name));
    return mine;
  }))).flat().sort((a, b) => a - b);
  return times[times.length >> 1];
}

const sequencesOf = (watcher) => watcher.messages
  .filter(({event}) => event).map(({event}) => Number(event.sequence));

async function events(checks, {server, client}) {
  const names = await Promise.all(Array.from({length: PEERS}, async () =>
    (await client.peer.createPeer({dataChannels: [{label: 'chat'}]}))
      .peer.name));
  const [name] = names;
  const usual = await rounds(client, names, 50);
  const before = useOf(server.process.pid).memory;
  const {peer: {state: {lastEventSequence: first}}} =
    await client.peer.getPeer({name});
  const watchPeer = () => new Stalled(client.stubs.peer, 'WatchPeer',
    {name, afterSequence: first});
  const watchPeers = () => new Stalled(client.stubs.peer, 'WatchPeers', {});
  const live = [watchPeer().read(), watchPeers().read()];
  const stalled = [watchPeer, watchPeers].flatMap((watch) =>
    Array.from({length: WATCHERS}, watch));
  const [one, all] = [stalled[0], stalled[WATCHERS]];
  try {
    const then = await rounds(client, names, ROUNDS);
    const grown = useOf(server.process.pid).memory - before;
    console.log(`with ${stalled.length} watchers that do not read: ` +
      `${(grown / MIB).toFixed(1)} MiB more; a round of calls takes ` +
      `${then.toFixed(1)} ms instead of ${usual.toFixed(1)}`);
    checks.check('watchers that stop reading take bounded memory',
      grown < 64 * MIB, grown);
    checks.check('they do not slow the peer down', then < 10 * usual + 20,
      usual, then);
    const {peer: {state}} = await client.peer.getPeer({name});
    const last = state.lastEventSequence;
    const seen = await settle(() => sequencesOf(live[0]),
      (sequences) => sequences.at(-1) === last);
    checks.check('others who watch it miss nothing',
      seen.at(-1) === last && seen.length === last - first && dense(seen),
      seen.length, first, last);
    const mine = await settle(() => live[1].messages.filter((message) =>
      message.name === name && message.event).map(({event}) =>
      event.sequence), (sequences) => sequences.at(-1) === last);
    checks.check('nor do those who watch all', mine.at(-1) === last &&
      dense(mine), mine.length, last);

    await resumed(checks, 'WatchPeer', one, last);
    all.read();
    await settle(() => all, ({status, messages: {length}}) =>
      status !== undefined || length > 100);
    const theirs = all.messages.filter((message) => message.name === name &&
      message.event).map(({event}) => event.sequence);
    checks.check('WatchPeers that reads again has no gap',
      theirs.length > 0 && dense(theirs), theirs.length);
  } finally {
    for (const watcher of [...live, ...stalled]) watcher.close();
  }
}

// It goes on where it was, or is told that it cannot.
async function resumed(checks, name, watcher, last) {
  watcher.read();
  await settle(() => watcher, ({status}) =>
    status !== undefined || sequencesOf(watcher).at(-1) === last);
  const got = sequencesOf(watcher);
  checks.check(`${name} that reads again has no gap`, got.length > 0 &&
    dense(got) && (got.at(-1) === last || watcher.status === OUT_OF_RANGE),
  got.length, got.at(-1), last, watcher.status);
}

// Sends until there is no room for more; how many got in.
async function sendAll(client, name) {
  for (let sent = 0; sent < 2_000; sent += 1) {
    try {
      await client.dataChannel.sendMessage({name, text: TEXT});
    } catch (error) {
      if (errorInfo(error)?.reason !== 'SEND_BUFFER') throw error;
      return sent;
    }
  }
  return Infinity;
}

// How the two kinds of readers begin, and go on.
const readers = {
  ReceiveMessages: (client, name) => new Stalled(client.stubs.dataChannel,
    'ReceiveMessages', {name}),
  Exchange: (client, name) => {
    const reader = new Stalled(client.stubs.dataChannel, 'Exchange',
      {frames: [{name, attach: {}}]}, ({frames}) => {
        const sequences = frames.filter(({message}) => message)
          .map(({message}) => message.sequence);
        if (sequences.length === 0) return;
        reader.write({frames: [{name,
          acknowledge: {sequence: sequences.at(-1)}}]});
      });
    return reader;
  },
};

const received = ({messages}) => messages
  .flatMap((message) => message.frames ?? [message])
  .filter(({message}) => message).map(({message}) => Number(message.sequence));

async function messages(checks, {server, client}) {
  const healthy = await connect(client);
  for (const [kind, start] of Object.entries(readers)) {
    const pair = await connect(client);
    const before = useOf(server.process.pid).memory;
    const reader = start(client, pair.channel);
    try {
      const sent = await sendAll(client, pair.other);
      const grown = useOf(server.process.pid).memory - before;
      console.log(`${kind} that does not read: ${sent} messages of ` +
        `${TEXT.length} bytes until there is no room; ` +
        `${(grown / MIB).toFixed(1)} MiB more`);
      checks.check(`${kind}: what is not read is bounded`,
        sent > 10 && sent < 500 && grown < 32 * MIB, sent, grown);
      checks.check(`${kind}: others are not held up`, await healthy.works());
      reader.read();
      const got = await settle(() => received(reader),
        (sequences) => sequences.length >= sent);
      checks.check(`${kind}: who reads again misses nothing`,
        got.length === sent && dense(got), got.length, sent);
    } finally {
      reader.close();
    }
  }
}

export async function watchers(checks) {
  const flags = ['--log-level=warning', '--event-history=16KiB',
    '--pool-event-history=256KiB', '--max-message-size=16KiB',
    '--send-buffer=256KiB', '--receive-buffer=256KiB',
    '--peer-receive-buffer=256KiB'];
  await withServer({flags}, (both) => events(checks, both));
  await withServer({flags}, (both) => messages(checks, both));
}

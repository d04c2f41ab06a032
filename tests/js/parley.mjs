// A server of our own and a client of its API, for tests written in JavaScript.
// The client is made from the .proto files and knows nothing else of Parley.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {join} from 'node:path';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

import {Inbox, within} from './deadline.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = process.env.PARLEY_BIN ?? join(root, 'build/release/bin');

const CALL_MS = 20_000;
const STREAM_MS = 120_000;
const STOP_MS = 10_000;

const services = ['peer', 'data_channel', 'pool', 'certificate'];
const definition = protoLoader.loadSync(
  services.map((service) => `parley/v1/${service}_service.proto`),
  {includeDirs: [join(root, 'proto')], enums: String, longs: Number,
    oneofs: true},
);
const {v1} = grpc.loadPackageDefinition(definition).parley;

// parleyd, listening at `address`, started by the words `before` it, if any. What
// it writes to standard error is kept, to be shown when a test fails.
export class Server {
  // `credentials` are those of the client that asks whether it is ready.
  static async start(address, args = [], before = [], credentials = undefined) {
    const server = new Server();
    server.address = address;
    server.log = '';
    const [command, ...words] =
      [...before, join(bin, 'parleyd'), `--listen=${address}`, ...args];
    server.process = spawn(command, words, {stdio: ['ignore', 'pipe', 'pipe']});
    for (const stream of [server.process.stdout, server.process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (server.log += text));
    }
    server.exited = once(server.process, 'exit');
    const probe = new Client(address, undefined, credentials);
    const ended = server.exited.then(([code, signal]) => {
      throw new Error(`parleyd ended with ${code ?? signal}:\n${server.log}`);
    });
    try {
      await Promise.race([probe.ready(), ended]);
    } catch (error) {
      throw new Error(`parleyd did not start: ${error.message}`);
    } finally {
      ended.catch(() => {});
      probe.close();
    }
    return server;
  }

  // Asks it to end; it must do so in order.
  async stop() {
    this.process.kill('SIGTERM');
    try {
      const [code, signal] = await within(STOP_MS, 'the end of parleyd',
        this.exited);
      if (code !== 0) throw new Error(`parleyd ended with ${code ?? signal}`);
    } catch (error) {
      this.process.kill('SIGKILL');
      throw error;
    }
  }
}

// What parleyd says, and with what code it ends, that is to end at once.
export async function refusedStart(args) {
  const child = spawn(join(bin, 'parleyd'), ['--admin-listen=off', ...args],
    {stdio: ['ignore', 'pipe', 'pipe']});
  let text = '';
  let started = false;
  child.stderr.setEncoding('utf8').on('data', (data) => (text += data));
  child.stdout.on('data', () => {
    started = true;
    child.kill('SIGKILL');
  });
  const [code] = await once(child, 'close');
  if (started) throw new Error(`parleyd started with ${args.join(' ')}`);
  return {code, text};
}

function metadataOf(headers) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) {
    metadata.set(name, value);
  }
  return metadata;
}

// Every unary method by its name, as a promise: client.peer.createPeer({...}).
function unaryMethods(stub, headersOf) {
  const methods = {};
  for (const [name, {requestStream, responseStream}] of Object.entries(
    stub.constructor.service)) {
    if (requestStream || responseStream) continue;
    const method = name[0].toLowerCase() + name.slice(1);
    methods[method] = (request = {}) =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + CALL_MS;
        const metadata = metadataOf(headersOf(request));
        stub[method](request, metadata, {deadline}, (error, reply) => {
          if (error) {
            error.message = `${name}: ${error.message}`;
            reject(error);
          } else {
            resolve(reply);
          }
        });
      });
  }
  return methods;
}

// The messages of a stream in an inbox; it fails when the stream does.
class Stream {
  constructor(call) {
    this.call = call;
    this.inbox = new Inbox();
    this.ended = new Promise((resolve) => call.on('end', resolve));
    call.on('error', (error) => this.inbox.fail(error));
    call.on('end', () => this.inbox.fail(new Error('the stream has ended')));
  }
}

export class Client {
  // `headersOf` gives the headers of a call by its request.
  constructor(address, headersOf = () => ({}),
    credentials = grpc.credentials.createInsecure()) {
    this.headersOf = headersOf;
    this.stubs = {
      peer: new v1.PeerService(address, credentials),
      dataChannel: new v1.DataChannelService(address, credentials),
      pool: new v1.PoolService(address, credentials),
      certificate: new v1.CertificateService(address, credentials),
    };
    for (const [name, stub] of Object.entries(this.stubs)) {
      this[name] = unaryMethods(stub, headersOf);
    }
  }

  ready() {
    return new Promise((resolve, reject) =>
      this.stubs.peer.waitForReady(Date.now() + CALL_MS, (error) =>
        error ? reject(error) : resolve()));
  }

  // All events of a peer from its first; `onCandidate` gets the candidates,
  // `onEvent` the rest, or else the inbox.
  watchPeer(name, onCandidate, onEvent) {
    const request = {name, afterSequence: 0};
    const stream = new Stream(this.stubs.peer.watchPeer(
      request, metadataOf(this.headersOf(request)),
      {deadline: Date.now() + STREAM_MS}));
    onEvent ??= (event) => stream.inbox.push(event);
    stream.call.on('data', ({event}) => {
      if (event?.localCandidate) {
        onCandidate(event.localCandidate.candidate);
      } else if (event) {
        onEvent(event);
      }
    });
    return stream;
  }

  // With the headers of calls about `name`, if given.
  exchange(name) {
    const stream = new Stream(this.stubs.dataChannel.exchange(
      metadataOf(this.headersOf({name})),
      {deadline: Date.now() + STREAM_MS}));
    stream.call.on('data', ({frames}) => frames.forEach(
      (frame) => stream.inbox.push(frame)));
    return stream;
  }

  // What a method that only the server streams gives: its messages as they are.
  stream(service, method, request) {
    const stream = new Stream(this.stubs[service][method](
      request, metadataOf(this.headersOf(request)),
      {deadline: Date.now() + STREAM_MS}));
    stream.call.on('data', (reply) => stream.inbox.push(reply));
    return stream;
  }

  receiveMessages(request) {
    return this.stream('dataChannel', 'receiveMessages', request);
  }

  close() {
    for (const stub of Object.values(this.stubs)) stub.close();
  }
}

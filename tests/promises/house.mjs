// A server of its own for a promise, and what can be seen of it from outside.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';

import grpc from '@grpc/grpc-js';

import {errorInfo, retryDelay} from '../js/error_info.mjs';
import {Client, Server} from '../js/parley.mjs';

export const ADDRESS = '127.0.0.1:50051';
// The addresses of the network that tests/netns makes.
export const HOST = '192.0.2.2';
export const HOST6 = 'fd00:7061:726c::2';
export const code = grpc.status;

// The threads of gRPC, which has some more or less as it has work.
const grpcThreads = new RegExp('^(default-executo|resolver-execut|' +
  'grpc_global_tim|event_engine|timer_manager|nexting_thread|' +
  'grpcpp_sync_ser)$');
export const GRPC_SLACK = 8;

// How often a thing is done: in the default ring, and at full counts.
export const times = (usually, full) =>
  (process.env.PARLEY_FULL === '1' ? full : usually);

export class House {
  #clients = [];

  constructor(server) {
    this.server = server;
    this.client = this.newClient();
  }

  newClient(address = ADDRESS) {
    const client = new Client(address);
    this.#clients.push(client);
    return client;
  }

  closeClients() {
    for (const client of this.#clients) client.close();
  }

  // The name of a new peer, with a data channel.
  async create(request = {}) {
    const {peer} = await this.client.peer.createPeer(
      {dataChannels: [{label: 'chat'}], ...request});
    return peer.name;
  }

  async peer(name, view = 'PEER_VIEW_BASIC') {
    return (await this.client.peer.getPeer({name, view})).peer;
  }

  async use() {
    return (await this.client.pool.getPool()).pool.use;
  }

  async dump(name) {
    return (await this.client.pool.dumpPeer({name})).dump;
  }

  // What the kernel says of the process.
  process() {
    const proc = `/proc/${this.server.process.pid}`;
    const status = readFileSync(`${proc}/status`, 'utf8');
    const threads = readdirSync(`${proc}/task`).flatMap((task) =>
      threadName(`${proc}/task/${task}`));
    return {
      kilobytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]),
      threads: threads.length,
      ownThreads: threads.filter((name) => !grpcThreads.test(name)).length,
      descriptors: readdirSync(`${proc}/fd`).length,
    };
  }
}

// Nothing, if the thread has just ended: gRPC's come and go.
function threadName(task) {
  try {
    return [readFileSync(`${task}/comm`, 'utf8').trim()];
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(error.code)) return [];
    throw error;
  }
}

// Does the work with a server that has these flags, started by the words
// `before` it; the server then ends in order.
export async function inHouse(flags, work, before = []) {
  const server = await Server.start(ADDRESS, ['--admin-listen=off',
    '--drain-timeout=0', '--log-level=warning', ...flags], before);
  const house = new House(server);
  try {
    await work(house);
    await server.stop();
  } catch (error) {
    server.process.kill('SIGKILL');
    if (server.log) error.message += `\nparleyd wrote:\n${server.log}`;
    throw error;
  } finally {
    house.closeClients();
    await server.exited;
  }
}

// Works on all, so many at a time, until one fails.
export async function each(things, atOnce, work) {
  const queue = [...things].entries();
  const errors = [];
  await Promise.all(Array.from({length: atOnce}, async () => {
    for (const [index, thing] of queue) {
      try {
        if (errors.length === 0) await work(thing, index);
      } catch (error) {
        errors.push(error);
      }
    }
  }));
  if (errors.length > 0) throw errors[0];
}

export const range = (count) => Array.from({length: count}, (_, i) => i);

// What a call that must fail says: {code, reason, metadata, retryMs}.
export async function refusal(call) {
  let reply;
  try {
    reply = await call;
  } catch (error) {
    const info = errorInfo(error);
    if (!info) throw error;
    return {...info, code: error.code, retryMs: retryDelay(error)};
  }
  throw new assert.AssertionError(
    {message: `was not refused: ${JSON.stringify(reply).slice(0, 200)}`});
}

// The call fails so, by the names of the gRPC code and of the reason.
export async function assertRefused(call, codeName, reason, what = '') {
  const said = await refusal(call);
  assert.deepEqual(
    {code: said.code, reason: said.reason, domain: said.domain},
    {code: code[codeName], reason, domain: 'parley'}, what || undefined);
  return said;
}

// Numbers from 0 to 1 that follow from the seed.
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Of a Timestamp or Duration.
export const millisecondsOf = ({seconds = 0, nanos = 0}) =>
  seconds * 1000 + nanos / 1e6;

// The m-sections of a description.
export const sectionsOf = (sdp) => sdp.split(/^(?=m=)/m).slice(1)
  .map((text) => ({
    text,
    kind: /^m=(\S+)/.exec(text)[1],
    port: Number(/^m=\S+ (\d+)/.exec(text)[1]),
    mid: /^a=mid:(\S+)/m.exec(text)?.[1],
  }));

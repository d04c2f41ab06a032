// Connections and streams that HTTP/2 allows and nobody needs.
import http2 from 'node:http2';
import net from 'node:net';
import {once} from 'node:events';

import {CallCounts} from '../js/channelz.mjs';
import {within} from '../js/deadline.mjs';
import {settle, useOf} from '../js/process_use.mjs';
import {RawConnection, frame} from '../js/raw_call.mjs';
import {ADDRESS} from '../js/with_server.mjs';
import {besieged} from './besieged.mjs';

const FULL = Boolean(process.env.PARLEY_FULL);
const CONNECTIONS = FULL ? 5_000 : 500;
const RESETS = FULL ? 100_000 : 5_000;
const STREAMS = 5_000;
const PINGS = 20_000;
const MS = 60_000;
const ADMIN = '127.0.0.1:50052';

const [host, port] = ADDRESS.split(':');
const CREATE = '/parley.v1.PeerService/CreatePeer';
const GET_POOL = '/parley.v1.PoolService/GetPool';
const WATCH = '/parley.v1.PeerService/WatchPeers';
const EMPTY = frame(Buffer.alloc(0));

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const FrameType = {HEADERS: 1, SETTINGS: 4, PING: 6};

// A frame of HTTP/2 (RFC 9113 section 4.1).
function http2Frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

// A connection of TCP that begins with these bytes.
async function dial(bytes) {
  const socket = net.connect(port, host);
  socket.on('error', () => {});
  socket.gone = once(socket, 'close').catch(() => {});
  // What the server says is of no interest, but makes room for more.
  socket.resume();
  await within(MS, 'a connection', once(socket, 'connect'));
  socket.write(bytes);
  return socket;
}

async function many(checks, name, make) {
  await besieged(checks, name, {}, async () => {
    const open = [];
    try {
      for (let i = 0; i < CONNECTIONS; i += 1) open.push(await make());
    } finally {
      for (const one of open) one.destroy();
    }
  });
}

// Each a connection of gRPC, with a call that never ends.
async function watchers(checks) {
  const connections = [];
  await many(checks, `${CONNECTIONS} connections`, async () => {
    const connection = new RawConnection(ADDRESS);
    await within(MS, 'a connection', connection.opened);
    connection.stream(WATCH).end(EMPTY);
    connections.push(connection);
    return {destroy: () => connection.close()};
  });
}

// Streams that are taken back at once (CVE-2023-44487).
async function rapidReset(checks) {
  await besieged(checks, `${RESETS} streams reset at once`, {mib: 256},
    async ({client}) => {
      let sent = 0;
      while (sent < RESETS) {
        const connection = new RawConnection(ADDRESS);
        await within(MS, 'a connection', connection.opened);
        for (let i = 0; i < 1_000 && !connection.session.closed; i += 1) {
          const stream = connection.stream(CREATE);
          stream.end(EMPTY);
          stream.close(http2.constants.NGHTTP2_CANCEL);
          sent += 1;
        }
        // The last one has come when this is answered.
        await connection.call(GET_POOL, EMPTY, {}, MS);
        connection.close();
      }
      const {peers = []} = await client.peer.listPeers({pageSize: 1000});
      await Promise.all(peers.map(({name}) => client.peer.closePeer({name})
        .catch(() => {})));
    });
}

async function openStreams(checks) {
  await besieged(checks, `${STREAMS} streams on one connection`,
    {flags: [`--admin-listen=${ADMIN}`]}, async ({server}) => {
      const counts = new CallCounts(ADMIN);
      const quiet = await counts.open();
      const connection = new RawConnection(ADDRESS);
      await within(MS, 'a connection', connection.opened);
      const {maxConcurrentStreams} = connection.session.remoteSettings;
      checks.check('a connection may have so many streams',
        maxConcurrentStreams <= 1_000, maxConcurrentStreams);
      for (let i = 0; i < STREAMS; i += 1) connection.stream(WATCH).end(EMPTY);
      const open = await settle(() => counts.open(), (calls) =>
        calls >= quiet + maxConcurrentStreams);
      checks.check('and no more than that', open >= maxConcurrentStreams &&
        open <= quiet + maxConcurrentStreams + 10, open, quiet);
      connection.close();
      const left = await settle(() => counts.open(), (calls) =>
        calls <= quiet + 4);
      checks.check('none is left when the connection is gone',
        left <= quiet + 4, left, quiet);
      checks.check('threads are few', useOf(server.process.pid).threads < 64);
      counts.close();
    });
}

async function slowHeaders(checks) {
  const begun = Buffer.concat([PREFACE, http2Frame(FrameType.SETTINGS, 0, 0),
    // Literal fields to come, and no end of the headers.
    http2Frame(FrameType.HEADERS, 0, 1, Buffer.from([0x83, 0x86]))]);
  await many(checks, `${CONNECTIONS} callers that never finish their headers`,
    () => dial(begun));
}

async function pings(checks) {
  await besieged(checks, `${PINGS} pings`, {}, async () => {
    const socket = await dial(Buffer.concat([PREFACE,
      http2Frame(FrameType.SETTINGS, 0, 0)]));
    const ping = http2Frame(FrameType.PING, 0, 0, Buffer.alloc(8));
    const settings = http2Frame(FrameType.SETTINGS, 0, 0);
    for (let i = 0; i < PINGS && !socket.destroyed; i += 1) {
      if (!socket.write(i % 2 ? settings : ping)) {
        await Promise.race([once(socket, 'drain'), socket.gone])
          .catch(() => {});
      }
    }
    const gone = await within(MS, 'the end of the connection',
      socket.gone.then(() => true));
    checks.check('who pings without end is sent away', gone);
  });
}

export async function connections(checks) {
  await watchers(checks);
  await many(checks, `${CONNECTIONS} connections that say nothing`,
    () => dial(''));
  await many(checks, `${CONNECTIONS} connections that speak no HTTP/2`,
    () => dial('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  await slowHeaders(checks);
  await rapidReset(checks);
  await openStreams(checks);
  await pings(checks);
}

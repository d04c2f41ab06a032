// A server that may have 256 file descriptors, and callers who want more.
import net from 'node:net';
import {once} from 'node:events';

import {within} from '../js/deadline.mjs';
import {errorInfo, retryDelay} from '../js/error_info.mjs';
import {Client} from '../js/parley.mjs';
import {settle, useOf} from '../js/process_use.mjs';
import {RawConnection} from '../js/raw_call.mjs';
import {warmUp} from '../js/warm_up.mjs';
import {ADDRESS, withServer} from '../js/with_server.mjs';

const LIMIT = 256;
const CONNECTIONS = 400;
const MS = 60_000;

const [host, port] = ADDRESS.split(':');

// Peers with sockets until one is refused: {names, error}.
async function fill(client) {
  const names = [];
  try {
    while (names.length < LIMIT) {
      const {peer: {name}} = await client.peer.createPeer(
        {dataChannels: [{label: 'chat'}]});
      names.push(name);
      await client.peer.setLocalDescription({name});
    }
    return {names};
  } catch (error) {
    return {names, error};
  }
}

const closeAll = (client, names) =>
  Promise.all(names.map((name) => client.peer.closePeer({name})));

async function byPeers(checks, client) {
  const {names, error} = await fill(client);
  checks.check('peers beyond the descriptors are refused',
    names.length > 10 && error && errorInfo(error)?.reason ===
      'FILE_DESCRIPTORS', names.length, error);
  checks.check('as RESOURCE_EXHAUSTED, with when to try again',
    error?.code === 8 && retryDelay(error) > 0, error);
  const reread = await Promise.all(names.map((name) =>
    client.peer.getPeer({name})));
  checks.check('those that are there stay', reread.length === names.length);
  // There is room for somebody else's connection.
  const other = new Client(ADDRESS);
  try {
    checks.check('others can still connect',
      Boolean(await other.peer.getPeer({name: names[0]})));
  } finally {
    other.close();
  }
  await closeAll(client, names);
  const again = await settle(() => fill(client), ({names: {length}}) =>
    length === names.length || closeAll(client, names) && false, 0);
  checks.check('when they are gone there is room again',
    again.names.length >= names.length - 1, again.names.length, names.length);
  await closeAll(client, again.names);
}

// Connections that say nothing, or of gRPC that watch; `open` gives {opened,
// close()} of each, opened also when it is refused.
async function byConnections(checks, client, server, name, open) {
  const connections = Array.from({length: CONNECTIONS}, open);
  await within(MS, `${CONNECTIONS} connections`,
    Promise.all(connections.map(({opened}) => opened)));
  const {descriptors} = useOf(server.process.pid);
  checks.check(`${name}: descriptors are left`, descriptors < LIMIT,
    descriptors);
  const {names, error} = await fill(client);
  checks.check(`${name}: who was connected before is served`,
    !error || errorInfo(error)?.reason === 'FILE_DESCRIPTORS', error);
  await closeAll(client, names);
  for (const connection of connections) connection.close();
  const later = new Client(ADDRESS);
  try {
    await later.ready();
    const {pool} = await later.pool.getPool();
    checks.check(`${name}: when they are gone others can connect`, pool);
  } finally {
    later.close();
  }
}

function silent() {
  const socket = net.connect(port, host);
  socket.on('error', () => {});
  return {
    opened: Promise.race([once(socket, 'connect'), once(socket, 'close')]),
    close: () => socket.destroy(),
  };
}

function watching() {
  const connection = new RawConnection(ADDRESS);
  const stream = connection.stream('/parley.v1.PeerService/WatchPeers');
  stream.end(Buffer.alloc(5));
  return {
    opened: Promise.race([connection.opened, connection.closed])
      .catch(() => {}),
    close: () => connection.close(),
  };
}

export async function descriptors(checks) {
  const before = ['prlimit', `--nofile=${LIMIT}:${LIMIT}`, '--'];
  await withServer({before, flags: ['--log-level=warning']},
    async ({server, client}) => {
      await warmUp(client);
      await byPeers(checks, client);
      const quiet = useOf(server.process.pid).descriptors;
      await byConnections(checks, client, server, 'silent connections', silent);
      await byConnections(checks, client, server, 'watchers', watching);
      const {descriptors: left} = await settle(() =>
        useOf(server.process.pid), (use) => use.descriptors <= quiet);
      checks.check('no descriptor is left behind', left <= quiet, left, quiet);
    });
}

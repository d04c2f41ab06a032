// P10. Updates do not cut calls: told to end by SIGTERM, the server says so to
// all, takes no new peers, and lets those that live go on until the deadline.
import assert from 'node:assert/strict';
import {once} from 'node:events';

import {Inbox, within} from '../js/deadline.mjs';
import {Client, Server} from '../js/parley.mjs';
import {checkHealth, watchHealth} from './health.mjs';
import {ADDRESS, assertRefused, House, millisecondsOf} from './house.mjs';
import {Pair} from './pair.mjs';

const ADMIN = '127.0.0.1:50052';
const DEADLINE_SECONDS = 12;
const END_MS = 60_000;

// The work with a server that is to be ended by it, with this code.
async function ending(timeout, work, expected = 0) {
  const server = await Server.start(ADDRESS, [`--admin-listen=${ADMIN}`,
    `--drain-timeout=${timeout}s`, '--log-level=warning']);
  const house = new House(server);
  try {
    await work(house);
    const [code, signal] = await within(END_MS, 'the end of parleyd',
      server.exited);
    assert.equal(code ?? signal, expected, server.log);
  } finally {
    house.closeClients();
    server.process.kill('SIGKILL');
    await server.exited;
  }
}

// The events of a peer, but for candidates.
function eventsOf(house, name) {
  const {inbox, ended} = house.client.watchPeer(name, () => {});
  const take = (kind) => inbox.take(`${kind} of ${name}`,
    (event) => event[kind], END_MS);
  return {take, ended};
}

// Two peers talk, and a third one is idle, when the signal comes.
async function talkersGoOn(house) {
  const statuses = new Inbox();
  const health = watchHealth(ADDRESS, '', (status) => statuses.push(status));
  await statuses.take('SERVING', (status) => status === 'SERVING');
  const pair = await Pair.connect(house.client);
  const idle = await house.create();
  const names = [pair.a.peer, pair.b.peer, idle];
  const watches = names.map((name) => eventsOf(house, name));
  const talk = pair.traffic();
  await talk.rounds(3);

  house.server.process.kill('SIGTERM');
  await statuses.take('NOT_SERVING', (status) => status === 'NOT_SERVING');
  health.close();
  const deadlines = await Promise.all(watches.map(async ({take}) =>
    millisecondsOf((await take('draining')).draining.deadline)));
  assert.equal(new Set(deadlines).size, 1);
  // On both ports, for every service; but the process is alive.
  for (const service of ['', 'parley.v1.PeerService']) {
    assert.equal(await checkHealth(ADMIN, service), 'NOT_SERVING');
  }
  assert.equal(await checkHealth(ADMIN, 'live'), 'SERVING');
  // Also of a connection that comes only now.
  const late = new Client(ADDRESS);
  const said = await assertRefused(late.peer.createPeer({}), 'UNAVAILABLE',
    'DRAINING');
  assert.ok(said.retryMs > 0);
  await late.peer.getPeer({name: idle});
  late.close();
  // What lives can be worked with as before.
  await talk.rounds(10);
  await house.client.peer.setLocalDescription({name: idle});
  const rounds = await untilDeadline(talk, deadlines[0]);
  for (const {take, ended} of watches) {
    const {time, closed} = await take('closed');
    assert.equal(closed.reason, 'CLOSE_REASON_DRAINED');
    assert.ok(millisecondsOf(time) >= deadlines[0], 'not before the deadline');
    await within(END_MS, 'the end of the stream', ended);
  }
  // Else it would wait a little for the streams of messages to be ended, too.
  house.closeClients();
  return rounds;
}

// Every message that was sent arrives; it stops in time for the last ones.
async function untilDeadline(talk, deadline) {
  while (deadline - Date.now() > 4_000) await talk.rounds(1);
  return talk.stop();
}

// Who hangs up lets the server go at once, long before its deadline.
async function endsWhenNobodyIsLeft(house) {
  const name = await house.create();
  const {take} = eventsOf(house, name);
  house.server.process.kill('SIGTERM');
  await take('draining');
  await house.client.peer.closePeer({name});
  const {closed} = await take('closed');
  assert.equal(closed.reason, 'CLOSE_REASON_REQUESTED');
}

// A second signal: whoever sends it wants no more patience.
async function aSecondSignalEndsIt(house) {
  const name = await house.create();
  const {take} = eventsOf(house, name);
  house.server.process.kill('SIGTERM');
  await take('draining');
  house.server.process.kill('SIGTERM');
}

export async function keep() {
  let rounds;
  await ending(DEADLINE_SECONDS, async (house) => {
    rounds = await talkersGoOn(house);
  });
  await ending(3_600, endsWhenNobodyIsLeft);
  await ending(3_600, aSecondSignalEndsIt, 1);
  return `${rounds} messages each way, all arrived`;
}

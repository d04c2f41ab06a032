// What one tenant can find out about another, and do to it: nothing. Its names
// are answered like those that were never given.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {errorInfo, retryDelay} from '../js/error_info.mjs';
import {Client} from '../js/parley.mjs';
import {RawConnection, frame} from '../js/raw_call.mjs';
import {codeName, methodsOf} from '../js/requests.mjs';
import {ADDRESS} from '../js/with_server.mjs';
import {besieged} from './besieged.mjs';

const MINE = 'Bearer acme-user-0123456789';
const THEIRS = 'Bearer other-user-0123456789';
const text = ['acme', 'other'].map((tenant) =>
  `${tenant} user ${tenant}-user-0123456789\n`).join('');
const PEERS = 50;

// What an attacker might know of the owner's, and what was never there.
class Loot {
  static async of(owner) {
    const loot = new Loot();
    const {peer} = await owner.peer.createPeer({
      transceivers: [{kind: 'MEDIA_KIND_AUDIO'}],
      dataChannels: [{label: 'chat'}], labels: {of: 'acme'}});
    const {certificate} = await owner.certificate.generateCertificate({});
    const {description: {sdp}} =
      await owner.peer.createOffer({name: peer.name});
    const {peer: {name: tombstone}} = await owner.peer.createPeer({});
    await owner.peer.closePeer({name: tombstone});
    loot.names = {
      peer: peer.name,
      transceiver: peer.state.transceivers[0].name,
      channel: peer.state.dataChannels[0].name,
      certificate: certificate.name,
      tombstone,
    };
    loot.offer = sdp;
    return loot;
  }

  // The same of objects that never were.
  never() {
    return Object.fromEntries(Object.entries(this.names).map(
      ([kind, name]) => [kind, unlike(name)]));
  }
}

// Another name of the same form.
function unlike(name) {
  const at = name.indexOf('.') + 25;
  return name.slice(0, at) + (name[at] === 'a' ? 'b' : 'a') +
    name.slice(at + 1);
}

// A name's part that is its own.
const unique = (name) => /\.([^/]+)/.exec(name)[1];

// What a request is made of that names these.
const subject = (names, offer) => ({...names, offer, pem: {},
  create: {configuration: {certificates: [names.certificate]}}});

// Requests besides those that each method has one of.
const more = {
  'Offer of a peer': ['Offer', ({peer}) => ({name: peer})],
  'Answer of a peer': ['Answer', ({peer, offer}) => ({name: peer,
    offer: {type: 'SDP_TYPE_OFFER', sdp: offer}})],
  'GetPeer of one that has closed': ['GetPeer',
    ({tombstone}) => ({name: tombstone})],
  'ClosePeer of one that has closed': ['ClosePeer',
    ({tombstone}) => ({name: tombstone})],
  'WatchPeer of one that has closed': ['WatchPeer',
    ({tombstone}) => ({name: tombstone, afterSequence: 0})],
  'RestartIce with an id': ['RestartIce',
    ({peer}) => ({name: peer, requestId: 'of acme'})],
  'Exchange of a peer': ['Exchange',
    ({peer}) => ({frames: [{name: peer, attach: {}}]})],
};

function casesOf(client) {
  const methods = methodsOf(client);
  const special = Object.entries(more).map(([what, [name, request]]) => {
    const {path, serialize} = methods.find((one) => one.name === name);
    return {name: what, path, serialize: (it) => serialize(it, request)};
  });
  return [...methods, ...special];
}

// Everything there is of an answer, without the name that was asked about. The
// entries of a map have no order.
function shape({status, message, details = '', body}, names) {
  const bytes = Buffer.from(details, 'base64');
  const error = {metadata: {get: () => [bytes]}};
  const {reason, metadata = {}} = errorInfo(error) ?? {};
  let text = [codeName(status), message, reason,
    ...Object.entries(metadata).map((entry) => entry.join(': ')).sort(),
    retryDelay(error), bytes.length, body.toString('latin1')].join('\n');
  for (const name of Object.values(names)) {
    text = text.replaceAll(unique(name), 'NAME');
  }
  return text;
}

// What only admins may ask.
const adminOnly = ['DumpPeer'];

async function names(checks, client, loot) {
  const connection = new RawConnection(ADDRESS);
  const headers = {authorization: THEIRS};
  const never = loot.never();
  let asked = 0;
  try {
    for (const {name, path, serialize} of casesOf(client)) {
      const there = serialize(subject(loot.names, loot.offer));
      const nowhere = serialize(subject(never, loot.offer));
      if (there.equals(nowhere)) continue;
      asked += 1;
      const [got, usual] = [
        await connection.call(path, frame(there), headers),
        await connection.call(path, frame(nowhere), headers)];
      checks.check(`${name} of another tenant's is as of none`,
        shape(got, loot.names) === shape(usual, never), got, usual);
      const says = got.status === 0 ? got.body.toString('latin1') :
        codeName(got.status);
      checks.check(`${name}: it is not found`, adminOnly.includes(name) ?
        says === 'PERMISSION_DENIED' :
        says === 'NOT_FOUND' || /PEER_UNKNOWN/.test(says), got);
    }
  } finally {
    connection.close();
  }
  checks.check('most methods name something', asked > 30, asked);
}

const refusal = (promise) => promise.then(() => 'OK', (error) =>
  errorInfo(error)?.reason ?? error.message);

// A stream of WatchPeers until all its snapshots have come: {names, token}.
async function watched(client, resumeToken = '') {
  const {inbox, call} = client.stream('peer', 'watchPeers', {resumeToken});
  const names = new Set();
  try {
    for (;;) {
      const message = await inbox.take('a message of WatchPeers', () => true);
      if (message.name) names.add(message.name);
      if (message.snapshotsComplete) {
        return {names, token: message.resumeToken};
      }
    }
  } finally {
    call.cancel();
  }
}

async function tokensOfPlaces(checks, owner, stranger, loot) {
  const own = (await stranger.peer.createPeer({})).peer.name;
  for (let i = 0; i < 3; i += 1) await owner.peer.createPeer({});
  const first = await owner.peer.listPeers({pageSize: 1});
  const page = await stranger.peer.listPeers(
    {pageSize: 1000, pageToken: first.nextPageToken})
    .catch((error) => ({error}));
  checks.check('another\'s page leads to none of its peers', page.error ?
    errorInfo(page.error)?.reason === 'PAGE_TOKEN' :
    (page.peers ?? []).every(({name}) => name === own), page);
  for (const pageToken of ['nonsense', '%', '\u00e4', 'x'.repeat(100_000)]) {
    const reason = await refusal(stranger.peer.listPeers({pageToken}));
    checks.check('nor does one that is made up', reason === 'PAGE_TOKEN',
      reason);
  }
  const {peers: found = []} = await stranger.peer.listPeers(
    {labels: {of: 'acme'}, showClosed: true, pageSize: 1000});
  checks.check('nor do labels', found.length === 0, found);

  const {names: mine, token} = await watched(owner);
  checks.check('an owner watches its own', mine.has(loot.names.peer) &&
    !mine.has(own), mine);
  const {names: theirs} = await watched(stranger);
  checks.check('and so does a stranger', theirs.has(own) &&
    !theirs.has(loot.names.peer), theirs);
  const reason = await refusal(watched(stranger, token));
  checks.check('another\'s place in its events is worth nothing',
    reason === 'EVENTS_COMPACTED', reason);
}

// One request id of two tenants is two requests.
async function requestIds(checks, clients) {
  const requestId = 'the same';
  const made = [];
  for (const client of [...clients, ...clients]) {
    const {peer} = await client.peer.createPeer({requestId});
    const {certificate} =
      await client.certificate.generateCertificate({requestId});
    made.push(`${peer.name} ${certificate.name}`);
  }
  checks.check('an id is each tenant\'s own', made[0] !== made[1] &&
    made[0] === made[2] && made[1] === made[3], made);
}

// All that a tenant can have, and then more.
async function greed(checks, stranger) {
  const calls = Array.from({length: 10 * PEERS}, () =>
    refusal(stranger.peer.createPeer({})));
  const answers = (await Promise.all(calls)).reduce((counts, answer) =>
    counts.set(answer, (counts.get(answer) ?? 0) + 1), new Map());
  checks.check('a tenant gets what is its own, and no more',
    answers.get('OK') < PEERS && answers.get('OK') +
      answers.get('TENANT_QUOTA') === calls.length, answers);
}

async function all(checks, client) {
  const stranger = new Client(ADDRESS, () => ({authorization: THEIRS}));
  try {
    const loot = await Loot.of(client);
    const peer = async () =>
      (await client.peer.getPeer({name: loot.names.peer})).peer;
    const before = await peer();
    await names(checks, client, loot);
    await tokensOfPlaces(checks, client, stranger, loot);
    await requestIds(checks, [client, stranger]);
    await greed(checks, stranger);
    const after = await peer();
    checks.check('all the while nothing has happened to the peer',
      !after.closure && after.state.lastEventSequence ===
        before.state.lastEventSequence, before, after);
    const {certificate} = await client.certificate.getCertificate(
      {name: loot.names.certificate});
    checks.check('nor to the certificate',
      certificate.name === loot.names.certificate, certificate);
  } finally {
    stranger.close();
  }
}

export async function tenants(checks) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-tenants-'));
  const file = join(directory, 'tokens');
  writeFileSync(file, text);
  try {
    await besieged(checks, 'another tenant', {
      flags: [`--tokens=${file}`, `--tenant-max-peers=${PEERS}`],
      headers: {authorization: MINE}},
    ({client}) => all(checks, client));
  } finally {
    rmSync(directory, {recursive: true});
  }
}

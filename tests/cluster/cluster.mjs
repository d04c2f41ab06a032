// Three nodes behind HAProxy, as deploy/proxy/haproxy.cfg describes it: calls
// reach the node of their peer, a node that dies takes only its own peers with
// it, and a rolling restart cuts no call.
import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

import {errorInfo} from '../js/error_info.mjs';
import {Client} from '../js/parley.mjs';
import {Cluster, nodeOf, routed} from './nodes.mjs';
import {Load} from './load.mjs';

const PEERS = 1000;
const AT_ONCE = 40;
const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = process.env.PARLEY_BIN ?? join(root, 'build/release/bin');

let passed = 0;
let failed = 0;
function check(name, right, shown) {
  if (right) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED ${name}`, ...(shown === undefined ? [] : [shown]));
  }
}

// Runs `work` for each, so many at a time; what it gave or the error.
async function each(things, work) {
  const results = new Array(things.length);
  let next = 0;
  await Promise.all(Array.from({length: AT_ONCE}, async () => {
    while (next < things.length) {
      const i = next++;
      try {
        results[i] = await work(things[i]);
      } catch (error) {
        results[i] = error;
      }
    }
  }));
  return results;
}

// How an outcome is told: ok, REASON or the gRPC code of what has none.
const outcome = (result) => (result instanceof Error
  ? errorInfo(result)?.reason ?? `code ${result.code ?? result.message}`
  : 'ok');
function tally(results) {
  const counts = {};
  for (const result of results) {
    counts[outcome(result)] = (counts[outcome(result)] ?? 0) + 1;
  }
  return counts;
}
const all = (counts, expected, number) =>
  counts[expected] === number && Object.keys(counts).length === 1;

const UNAVAILABLE = 'code 14';

async function creates(client, nodes) {
  const made = await each(Array.from({length: PEERS}), () =>
    client.peer.createPeer({dataChannels: [{label: 'chat'}]}));
  check('peers are created through the proxy', all(tally(made), 'ok', PEERS),
    tally(made));
  const names = made.filter((one) => !(one instanceof Error))
    .map(({peer}) => peer.name);
  const shares = nodes.map((node) =>
    names.filter((name) => nodeOf(name) === node).length);
  check('creates spread over the nodes',
    shares.every((share) => share > PEERS / nodes.length * 0.75), shares);
  return names;
}

async function everyCallReachesItsNode(client, names) {
  const calls = {
    GetPeer: (name) => client.peer.getPeer({name}),
    CreateOffer: (name) => client.peer.createOffer({name}),
    SendMessage: async (name) => {
      const {peer} = await client.peer.getPeer({name});
      return client.dataChannel.sendMessage(
        {name: peer.state.dataChannels[0].name, text: 'hello'});
    },
    WatchPeer: async (name) => {
      const stream = client.watchPeer(name, () => {});
      try {
        await stream.inbox.take('the first event', () => true);
      } finally {
        stream.call.cancel();
      }
    },
  };
  // The node knows the channel; that it is not open yet is its answer.
  const answers = {SendMessage: 'CHANNEL_NOT_OPEN'};
  for (const [name, call] of Object.entries(calls)) {
    const counts = tally(await each(names, call));
    check(`every ${name} reaches its node`,
      all(counts, answers[name] ?? 'ok', names.length), counts);
  }
}

// Without the header a node that is not the right one says which is.
async function wrongNodes(plain, names, nodes) {
  // Node after node: whatever the proxy's turns are, not all can miss.
  const some = nodes.flatMap((node) =>
    names.filter((name) => nodeOf(name) === node).slice(0, 30));
  const results = await each(some, async (name) => {
    try {
      return {name, reply: await plain.peer.getPeer({name})};
    } catch (error) {
      return {name, info: errorInfo(error)};
    }
  });
  const wrong = results.filter(({reply}) => !reply);
  check('without the header some calls miss',
    wrong.length > 0 && wrong.length < results.length, wrong.length);
  check('and are told WRONG_NODE, and the right one', wrong.every(
    ({name, info}) => info?.reason === 'WRONG_NODE' &&
      info.metadata.node === nodeOf(name)), wrong[0]);
  // The node that stands not in the proxy's configuration.
  const gone = names[0].replace(nodeOf(names[0]), 'parley-9');
  const [result] = await each([gone], (name) => plain.peer.getPeer({name}));
  check('a node that is nowhere is told, too',
    outcome(result) === 'WRONG_NODE', outcome(result));
  check('the header of a name is the node\'s own name',
    names.every((name) => nodes.includes(nodeOf(name))));
}

// What people use: the command (and so the C++ client), and a caller that knows
// no Parley but reflection and one header.
async function otherClients(address, names) {
  const some = names.slice(0, 20);
  const shown = await each(some, (name) =>
    run(join(bin, 'parley'), ['get', name, '--server', address]));
  check('the C++ client reaches its node', all(tally(shown), 'ok', some.length),
    shown.find((one) => one instanceof Error)?.message);
  const buf = join(root, 'tests/node_modules/@bufbuild',
    `buf-linux-${process.arch === 'arm64' ? 'aarch64' : process.arch}/bin/buf`);
  const curled = await each(some.slice(0, 4), async (name) => {
    const {stdout} = await run(buf, ['curl', '--protocol', 'grpc',
      '--http2-prior-knowledge', '--header', `parley-node: ${nodeOf(name)}`,
      '--data', JSON.stringify({name}),
      `http://${address}/parley.v1.PeerService/GetPeer`]);
    if (JSON.parse(stdout).peer.name !== name) throw new Error(stdout);
  });
  check('a call made by reflection and one header reaches its node',
    all(tally(curled), 'ok', curled.length),
    curled.find((one) => one instanceof Error)?.message);
}

async function aNodeIsLost(cluster, client, names) {
  const lost = 'parley-1';
  const [theirs, others] = [true, false].map((mine) =>
    names.filter((name) => (nodeOf(name) === lost) === mine));
  const watches = others.slice(0, 50).map((name) =>
    client.watchPeer(name, () => {}));
  await Promise.all(watches.map(({inbox}) =>
    inbox.take('the first event', () => true)));

  await cluster.kill(lost);
  const counts = tally(await each(theirs, (name) =>
    client.peer.getPeer({name})));
  check('peers of a dead node are unavailable',
    all(counts, UNAVAILABLE, theirs.length), counts);
  const kept = tally(await each(others, (name) => client.peer.getPeer({name})));
  check('peers of other nodes live on', all(kept, 'ok', others.length), kept);
  const created = await each(Array.from({length: 30}), () =>
    client.peer.createPeer({}));
  check('new peers go elsewhere', all(tally(created), 'ok', 30) &&
    created.every(({peer}) => nodeOf(peer.name) !== lost), tally(created));
  await each(created, ({peer: {name}}) => client.peer.closePeer({name}));

  await cluster.start(lost);
  const after = tally(await each(theirs, (name) =>
    client.peer.getPeer({name})));
  check('a new life of the node knows of the earlier one',
    all(after, 'PEER_LOST', theirs.length), after);
  // An event of each still comes over the stream that was open all the time.
  const heard = await each(watches.map((watch, i) => [watch, others[i]]),
    async ([watch, name]) => {
      await client.peer.closePeer({name});
      await watch.inbox.take('its close', ({closed}) => closed);
    });
  check('streams of other nodes were not cut',
    all(tally(heard), 'ok', watches.length), tally(heard));
}

async function aRollingRestart(cluster, client, nodes) {
  const load = new Load(client);
  load.start();
  await load.cycles(40);
  for (const node of nodes) {
    const code = await cluster.stop(node);
    check(`${node} ends in order`, code === 0, code);
    await cluster.start(node);
    await load.cycles(20);
  }
  const {done, failures, refused} = await load.stop();
  check('a rolling restart cuts no call and no stream',
    failures.length === 0 && done > 100, failures.slice(0, 5));
  check('every node serves again', nodes.every((node) => load.saw(node, 5)));
  console.log(`rolling restart: ${done} peers lived and closed, ` +
    `${load.calls} calls; ${refused} creates were sent again`);
}

async function main() {
  const nodes = ['parley-0', 'parley-1', 'parley-2'];
  const cluster = await Cluster.start(nodes);
  const client = new Client(cluster.address, routed);
  const plain = new Client(cluster.address);
  try {
    const names = await creates(client, nodes);
    await everyCallReachesItsNode(client, names);
    await wrongNodes(plain, names, nodes);
    await otherClients(cluster.address, names);
    await aNodeIsLost(cluster, client, names);
    await each(names, (name) => client.peer.closePeer({name}));
    await aRollingRestart(cluster, client, nodes);
  } finally {
    client.close();
    plain.close();
    await cluster.end();
  }
  console.log(`cluster: ${passed}/${passed + failed} checks`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await main();

// Three nodes behind nginx: what the configuration in deploy/proxy says it does.
import {readFileSync, writeFileSync} from 'node:fs';

import {Cluster, nodeOf, routed} from '../cluster/nodes.mjs';
import {within} from '../js/deadline.mjs';
import {errorInfo} from '../js/error_info.mjs';
import {Client} from '../js/parley.mjs';

const PEERS = 30;
const UNAVAILABLE = 14;
const MS = 20_000;

// As it is started here: what it writes goes to a directory of the test.
const nginx = {
  name: 'nginx',
  config: 'nginx.conf',
  command(file, directory) {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((what) => `${what}_temp_path ${directory}/${what};`).join(' ');
    writeFileSync(file, readFileSync(file, 'utf8').replace('http {',
      `http { access_log off; ${temporary}`));
    return [process.env.NGINX, '-e', 'stderr', '-c', file, '-g',
      `daemon off; master_process off; pid ${directory}/pid;`];
  },
};

let passed = 0;
let failed = 0;
function check(name, right, ...shown) {
  if (right) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAILED ${name}`, ...shown);
  }
}

// What a call gave, or its error.
const outcome = (call) => call.catch((error) => error);
const outcomes = (names, call) =>
  Promise.all(names.map((name) => outcome(call(name))));
const errors = (results) =>
  results.filter((one) => one instanceof Error).map((one) => one.message);

async function creates(client, nodes) {
  const names = [];
  for (let i = 0; i < PEERS; i += 1) {
    const {peer} = await client.peer.createPeer(
      {dataChannels: [{label: 'chat'}]});
    names.push(peer.name);
  }
  check('creates reach every node',
    nodes.every((node) => names.some((name) => nodeOf(name) === node)), names);
  return names;
}

async function calls(client, plain, names) {
  const offers = await outcomes(names, (name) =>
    client.peer.createOffer({name}));
  check('every call reaches its node', errors(offers).length === 0,
    errors(offers));
  // Node after node: whatever the proxy's turns are, not all can miss, or hit.
  const sorted = [...names].sort();
  const missed = (await outcomes(sorted, (name) => plain.peer.getPeer({name})))
    .filter((one) => one instanceof Error).map(errorInfo);
  check('without the header some miss, and are told the node',
    missed.length > 0 && missed.length < names.length &&
      missed.every((info) => info?.reason === 'WRONG_NODE' &&
        info.metadata.node), missed);
  const gone = names[0].replace(nodeOf(names[0]), 'parley-9');
  const error = await outcome(client.peer.getPeer({name: gone}));
  check('a node that stands not in the configuration is told',
    errorInfo(error)?.reason === 'WRONG_NODE', error);
}

// Both directions are open at once, and what ends in order ends in order.
async function streams(client, [name]) {
  const exchange = client.exchange(name);
  exchange.call.write({frames: [{name, attach: {}}]});
  const watch = client.watchPeer(name, () => {});
  const {attached} = await exchange.inbox.take('the reply to attach',
    (frame) => frame.attached || frame.detached);
  check('a stream is answered while it is open', attached, exchange);
  exchange.call.end();
  await client.peer.closePeer({name});
  await watch.inbox.take('the closed event', ({closed}) => closed);
  await within(MS, 'the end of WatchPeer', watch.ended);
  check('an event comes over a stream, which then ends', true);
}

async function aNodeIsLost(cluster, client, names) {
  const lost = nodeOf(names[0]);
  const {process: server, exited} = cluster.servers.get(lost);
  server.kill('SIGKILL');
  await exited;
  const its = (name) => nodeOf(name) === lost;
  const theirs = await outcomes(names.filter(its), (name) =>
    client.peer.getPeer({name}));
  check('calls about its peers are UNAVAILABLE',
    theirs.every(({code}) => code === UNAVAILABLE), theirs);
  const others = await outcomes(names.filter((name) => !its(name)), (name) =>
    client.peer.getPeer({name}));
  check('those about others are not', errors(others).length === 0,
    errors(others));
  const made = await outcomes(names, () => client.peer.createPeer());
  check('new peers go elsewhere', errors(made).length === 0 &&
    made.every(({peer}) => !its(peer.name)), errors(made));
}

const nodes = ['parley-0', 'parley-1', 'parley-2'];
const cluster = await Cluster.start(nodes, nginx);
const client = new Client(cluster.address, routed);
const plain = new Client(cluster.address);
try {
  const names = await creates(client, nodes);
  await calls(client, plain, names);
  await streams(client, names);
  await aNodeIsLost(cluster, client, names.slice(1));
} finally {
  client.close();
  plain.close();
  await cluster.end();
}
if (failed > 0) console.log(`nginx wrote:\n${cluster.log}`);
console.log(`nginx: ${passed}/${passed + failed} checks`);
process.exitCode = failed > 0 ? 1 : 0;

// A backend that is to be killed: it makes peers with a short lease, keeps all
// but the last alive in the ways there are, and prints their names.
//
// Usage: node backend.mjs ADDRESS TTL_SECONDS
import {Client} from '../js/parley.mjs';

const [address, ttl] = process.argv.slice(2);
const client = new Client(address);

async function create() {
  const {peer} = await client.peer.createPeer({
    leaseTtl: {seconds: Number(ttl)}, dataChannels: [{label: 'chat'}]});
  return peer.name;
}

async function byWatch() {
  const name = await create();
  const watch = client.stream('peer', 'watchPeer', {name, keepAlive: true});
  await watch.inbox.take('the snapshot', ({snapshot}) => snapshot);
  return name;
}

async function byExchange() {
  const name = await create();
  const exchange = client.exchange();
  exchange.call.write({frames: [{name, attach: {}}]});
  await exchange.inbox.take('attached', ({attached}) => attached);
  return name;
}

// One call after the other: it is killed in the middle of one.
async function byCalls() {
  const name = await create();
  (async () => {
    for (;;) await client.peer.createOffer({name});
  })();
  return name;
}

const peers = {
  byWatch: await byWatch(),
  byExchange: await byExchange(),
  byCalls: await byCalls(),
  byNothing: await create(),
};
console.log(JSON.stringify(peers));

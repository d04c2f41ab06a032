// Connects two peers of a Parley server, by its .proto files alone.
//
// Usage: node two_peers.mjs HOST:PORT DIRECTORY...
//
// The directories are those with parley/v1 and google/rpc. Both peers are the
// server's here. In real life the second one is a browser, and descriptions and
// candidates reach it by whatever signaling there is.
import {randomUUID} from 'node:crypto';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const [address, ...includeDirs] = process.argv.slice(2);
const definition = protoLoader.loadSync(
  ['parley/v1/peer_service.proto', 'parley/v1/data_channel_service.proto',
    'google/rpc/status.proto', 'google/rpc/error_details.proto'],
  {includeDirs, enums: String, oneofs: true, json: true});
const {PeerService, DataChannelService} =
  grpc.loadPackageDefinition(definition).parley.v1;
const credentials = grpc.credentials.createInsecure();
const peers = new PeerService(address, credentials);
const channels = new DataChannelService(address, credentials);

// What a call may take, and a stream may live.
const options = () => ({deadline: Date.now() + 30_000});
const call = (stub, method, request) => new Promise((resolve, reject) =>
  stub[method](request, options(), (error, reply) =>
    error ? reject(error) : resolve(reply)));

// The name of the channel that opens. As long as the peer lives, its candidates
// go to the other one, in their order.
const opened = (name, other) => new Promise((resolve, reject) => {
  let carried = Promise.resolve();
  const events = peers.watchPeer({name, afterSequence: 0}, options());
  events.on('error', reject).on('end', () => reject(new Error('closed')));
  events.on('data', ({event}) => {
    if (event?.localCandidate) {
      const candidates = [event.localCandidate.candidate];
      carried = carried.then(() =>
        call(peers, 'addIceCandidates', {name: other, candidates})).catch(reject);
    }
    const {name, readyState} = event?.dataChannelStateChange?.dataChannel ?? {};
    if (readyState === 'DATA_CHANNEL_STATE_OPEN') resolve(name);
  });
});

async function deliver(source, target, text) {
  await call(channels, 'sendMessage', {name: source, text});
  for await (const {message} of channels.receiveMessages(
    {name: target, maxMessages: 1}, options())) {
    console.log('received:', message.text);
  }
}

// What happened (google.rpc.ErrorInfo); the code says what to do.
function errorInfo({metadata}) {
  const [bytes] = metadata.get('grpc-status-details-bin');
  return definition['google.rpc.Status'].deserialize(bytes).details.find(
    (detail) => detail['@type'].endsWith('/google.rpc.ErrorInfo'));
}

// Repeated with the same requestId, the call creates no second peer.
const {peer: {name: one}} = await call(peers, 'createPeer',
  {dataChannels: [{label: 'chat'}], requestId: randomUUID()});
const {peer: {name: two}} = await call(peers, 'createPeer', {});
for (const [name, other] of [[one, two], [two, one]]) { // Offer, then answer.
  const {description} = await call(peers, 'setLocalDescription', {name});
  await call(peers, 'setRemoteDescription', {name: other, description});
}
const [here, there] = await Promise.all([opened(one, two), opened(two, one)]);
await deliver(here, there, 'hello');
await deliver(there, here, 'hello yourself');
try {
  await call(peers, 'createAnswer', {name: one}); // There is no offer.
} catch (error) {
  const {reason, metadata} = errorInfo(error);
  console.log(grpc.status[error.code], reason, metadata.dom_exception);
}
for (const name of [one, two]) await call(peers, 'closePeer', {name});

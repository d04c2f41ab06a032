// A request for every method of the API, about objects that are there.
import grpc from '@grpc/grpc-js';

// Requests whose effects are undone or bounded, so that each can be repeated as
// often as one likes. `it` names what is there: {peer, channel, transceiver,
// certificate, labels}, `create` what peers are to be made with.
const requests = {
  CreatePeer: ({create}) => create,
  GetPeer: ({peer}) => ({name: peer}),
  ListPeers: () => ({pageSize: 10}),
  UpdatePeer: ({peer}) => ({name: peer, updateMask: {paths: ['labels']},
    labels: {colour: 'green'}}),
  ClosePeer: ({peer}) => ({name: peer}),
  CreateOffer: ({peer}) => ({name: peer}),
  CreateAnswer: ({peer}) => ({name: peer}),
  SetLocalDescription: ({peer}) => ({name: peer}),
  SetRemoteDescription: ({peer, offer}) => ({name: peer,
    description: {type: 'SDP_TYPE_OFFER', sdp: offer}}),
  AddIceCandidates: ({peer}) => ({name: peer, candidates: [{sdpMid: '0',
    candidate: 'candidate:1 1 udp 1 192.0.2.9 9 typ host'}]}),
  RestartIce: ({peer}) => ({name: peer}),
  AddTransceiver: ({peer}) => ({name: peer,
    transceiver: {kind: 'MEDIA_KIND_AUDIO'}}),
  UpdateTransceiver: ({transceiver}) => ({name: transceiver,
    updateMask: {paths: ['direction']},
    direction: 'TRANSCEIVER_DIRECTION_INACTIVE'}),
  StopTransceiver: ({transceiver}) => ({name: transceiver}),
  AddTrack: ({peer}) => ({name: peer,
    track: {id: 'voice', kind: 'MEDIA_KIND_AUDIO'}}),
  RemoveTrack: ({transceiver}) => ({name: transceiver}),
  ReplaceTrack: ({transceiver}) => ({name: transceiver}),
  CreateDataChannel: ({peer}) => ({name: peer, dataChannel: {label: 'more'}}),
  CloseDataChannel: ({channel}) => ({name: channel}),
  GetCapabilities: () => ({kind: 'MEDIA_KIND_VIDEO'}),
  GetStats: ({peer}) => ({name: peer}),
  Offer: ({create}) => ({create, gatheringTimeout: {seconds: 5}}),
  Answer: ({create, offer}) => ({create, gatheringTimeout: {seconds: 5},
    offer: {type: 'SDP_TYPE_OFFER', sdp: offer}}),
  WatchPeer: ({peer}) => ({name: peer, afterSequence: 0, keepAlive: true}),
  WatchPeers: () => ({}),
  Exchange: ({channel}) => ({frames: [{name: channel, attach: {}}]}),
  SendMessage: ({channel}) => ({name: channel, text: 'hello'}),
  ReceiveMessages: ({channel}) => ({name: channel, takeOver: true}),
  GenerateCertificate: () => ({}),
  ImportCertificate: ({pem}) => pem,
  GetCertificate: ({certificate}) => ({name: certificate}),
  ListCertificates: () => ({}),
  RotateCertificate: ({certificate}) => ({name: certificate}),
  DeleteCertificate: ({certificate}) => ({name: certificate}),
  GetPool: () => ({}),
  Drain: () => ({cancel: true}),
  DumpPeer: ({peer}) => ({name: peer}),
};

// {name, path, serialize(it, make), streams} of each method there is: `make` is
// for another request than its own. One that nobody has written a request for
// is an error.
export function methodsOf(client) {
  return Object.values(client.stubs).flatMap((stub) =>
    Object.entries(stub.constructor.service).map(([name, method]) => {
      if (!requests[name]) throw new Error(`no request for ${name}`);
      return {
        name,
        path: method.path,
        streams: method.requestStream || method.responseStream,
        serialize: (it, make = requests[name]) =>
          method.requestSerialize(make(it)),
      };
    }));
}

export const codeName = (code) => grpc.status[code] ?? String(code);

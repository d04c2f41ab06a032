// One peer in Parley, driven by nothing but calls. Its operations have the
// names, arguments and results of those of page.mjs.
import {EventEmitter} from 'node:events';

import {errorInfo} from '../js/error_info.mjs';
import {Refusal} from './browser_end.mjs';

// 'sendrecv' <-> 'TRANSCEIVER_DIRECTION_SENDRECV', and null for unspecified.
const toEnum = (prefix, word) =>
  word && `${prefix}_${word.toUpperCase().replace(/-/g, '_')}`;
const fromEnum = (prefix, value) => {
  const word = value?.slice(prefix.length + 1) ?? 'UNSPECIFIED';
  return word === 'UNSPECIFIED' ? null : word.toLowerCase().replace(/_/g, '-');
};

const kindOf = (kind) => toEnum('MEDIA_KIND', kind);
const directionOf = (word) => toEnum('TRANSCEIVER_DIRECTION', word);
const descriptionOf = ({type, sdp}) => ({type: toEnum('SDP_TYPE', type), sdp});
const plain = (description) => description ? {
  type: fromEnum('SDP_TYPE', description.type),
  sdp: description.sdp,
} : null;

export class ParleyEnd extends EventEmitter {
  name = 'parley';
  #client;
  #peer;
  #watch;
  #transceivers = [];
  #channels = new Map();
  #messages = new Map();

  static async open(client, {bundlePolicy, rtcpMuxPolicy, polite}) {
    const end = new ParleyEnd();
    end.#client = client;
    const {peer} = await client.peer.createPeer({
      configuration: {
        bundlePolicy: toEnum('BUNDLE_POLICY', bundlePolicy),
        rtcpMuxPolicy: toEnum('RTCP_MUX_POLICY', rtcpMuxPolicy),
      },
      polite,
    });
    end.#peer = peer.name;
    end.#watch = client.watchPeer(peer.name,
      (candidate) => end.emit('candidate', candidate),
      (event) => end.#take(event));
    return end;
  }

  #take(event) {
    const channel = event.dataChannel?.dataChannel ??
      event.dataChannelStateChange?.dataChannel;
    if (channel?.readyState === 'DATA_CHANNEL_STATE_OPEN') this.#read(channel);
    this.emit('change', event);
  }

  #read({name, label}) {
    if (this.#messages.has(label)) return;
    const messages = [];
    this.#messages.set(label, messages);
    const stream = this.#client.receiveMessages({name});
    stream.call.on('data', ({message}) => {
      messages.push(message.text);
      this.emit('change');
    });
  }

  async operate(operation, argument) {
    try {
      return await this[`_${operation}`](argument);
    } catch (error) {
      const info = errorInfo(error);
      if (!info) throw error;
      const name = info.metadata.dom_exception ?? info.reason;
      throw new Refusal(operation, name, `${info.reason}: ${error.message}`);
    }
  }

  #call(method, request = {}) {
    return this.#client.peer[method]({name: this.#peer, ...request});
  }

  async #transceiver(number) {
    await this.#state();
    return this.#transceivers[number].name;
  }

  async #change(number, update, paths) {
    await this.#client.peer.updateTransceiver({
      name: await this.#transceiver(number), ...update, updateMask: {paths}});
  }

  async #codecs(kind, names) {
    const {codecs} =
      await this.#client.peer.getCapabilities({kind: kindOf(kind)});
    const named = (name) => codecs.filter(({mimeType}) =>
      mimeType.toLowerCase() === `${kind}/${name}`.toLowerCase());
    return [...names, ...(kind === 'video' ? ['rtx'] : [])].flatMap(named);
  }

  async _addTransceiver({kind, direction, streams, rids, codecs, track}) {
    const {transceiver} = await this.#call('addTransceiver', {
      transceiver: {
        kind: kindOf(kind),
        direction: directionOf(direction),
        streams,
        sendEncodings: rids?.map((rid) => ({rid})),
        codecPreferences: codecs && await this.#codecs(kind, codecs),
      },
    });
    if (track) {
      await this.#client.peer.replaceTrack(
        {name: transceiver.name, track: {kind: kindOf(kind)}});
    }
  }

  async _addTrack({kind, streams}) {
    await this.#call('addTrack', {track: {kind: kindOf(kind)}, streams});
  }

  async _removeTrack({transceiver}) {
    await this.#client.peer.removeTrack(
      {name: await this.#transceiver(transceiver)});
  }

  async _replaceTrack({transceiver, track}) {
    const name = await this.#transceiver(transceiver);
    const {kind} = this.#transceivers[transceiver];
    await this.#client.peer.replaceTrack(
      {name, ...(track && {track: {kind}})});
  }

  _setDirection({transceiver, direction}) {
    return this.#change(transceiver, {direction: directionOf(direction)},
      ['direction']);
  }

  _setStreams({transceiver, streams}) {
    return this.#change(transceiver, {streams}, ['streams']);
  }

  async _setCodecPreferences({transceiver, codecs}) {
    await this.#state();
    const kind = fromEnum('MEDIA_KIND', this.#transceivers[transceiver].kind);
    await this.#change(transceiver,
      {codecPreferences: await this.#codecs(kind, codecs)},
      ['codec_preferences']);
  }

  async _stop({transceiver}) {
    await this.#client.peer.stopTransceiver(
      {name: await this.#transceiver(transceiver)});
  }

  async _createDataChannel(dataChannel) {
    await this.#call('createDataChannel', {dataChannel});
  }

  async _closeDataChannel({label}) {
    await this.#client.peer.closeDataChannel({name: this.#channels.get(label)});
  }

  async _restartIce() {
    await this.#call('restartIce');
  }

  async _createOffer(options = {}) {
    const {description} = await this.#call('createOffer', options);
    return plain(description);
  }

  async _createAnswer() {
    return plain((await this.#call('createAnswer')).description);
  }

  async _setLocal(description) {
    const {description: set} = await this.#call('setLocalDescription',
      description && {description: descriptionOf(description)});
    return plain(set);
  }

  async _setRemote(description) {
    await this.#call('setRemoteDescription',
      {description: descriptionOf(description)});
  }

  async _addCandidate(candidate) {
    const {results: [{outcome, error}]} =
      await this.#call('addIceCandidates', {candidates: [candidate]});
    if (outcome === 'ICE_CANDIDATE_OUTCOME_ERROR') {
      throw new Refusal('addCandidate', error.domException, error.message);
    }
  }

  async _send({label, text}) {
    await this.#state();
    await this.#client.dataChannel.sendMessage(
      {name: this.#channels.get(label), text});
  }

  async received(label) {
    return this.#messages.get(label) ?? [];
  }

  // The peer as it is. Transceivers are numbered in the order in which they are
  // first seen; those that are gone stay, as they were.
  async #state() {
    const {peer} = await this.#client.peer.getPeer(
      {name: this.#peer, view: 'PEER_VIEW_FULL'});
    const present = new Map(
      (peer.state.transceivers ?? []).map((entry) => [entry.name, entry]));
    this.#transceivers = this.#transceivers.map((entry) => {
      const now = present.get(entry.name);
      present.delete(entry.name);
      return now ?? {...entry, stopped: true};
    });
    this.#transceivers.push(...present.values());
    for (const {label, name} of peer.state.dataChannels ?? []) {
      this.#channels.set(label, name);
    }
    return peer;
  }

  async connectionState() {
    const {state} = await this.#state();
    return fromEnum('PEER_CONNECTION_STATE', state.connectionState);
  }

  // Statistics of what ICE and DTLS do.
  async transports() {
    const {report} = await this.#call('getStats');
    return report.stats.filter(({stats}) =>
      /^transport$|candidate/i.test(stats));
  }

  async iceRoles() {
    return (await this.transports()).flatMap(({transport}) =>
      (transport ? [fromEnum('ICE_ROLE', transport.iceRole)] : []));
  }

  async snapshot() {
    const peer = await this.#state();
    const {state} = peer;
    return {
      signalingState: fromEnum('SIGNALING_STATE', state.signalingState),
      connectionState:
        fromEnum('PEER_CONNECTION_STATE', state.connectionState),
      negotiationNeeded: Boolean(state.negotiationNeeded),
      currentLocal: plain(peer.currentLocalDescription),
      currentRemote: plain(peer.currentRemoteDescription),
      pendingLocal: plain(peer.pendingLocalDescription),
      pendingRemote: plain(peer.pendingRemoteDescription),
      transceivers: this.#transceivers.map((entry) => ({
        mid: entry.stopped ? null : entry.mid ?? null,
        kind: fromEnum('MEDIA_KIND', entry.kind),
        direction: fromEnum('TRANSCEIVER_DIRECTION', entry.direction),
        currentDirection: entry.stopped ? 'stopped'
          : fromEnum('TRANSCEIVER_DIRECTION', entry.currentDirection),
        stopped: Boolean(entry.stopped),
        streams: entry.streams ?? [],
        remoteStreams: entry.remoteStreams ?? [],
        payloadTypes: [],
      })),
      channels: (state.dataChannels ?? []).map((channel) => ({
        label: channel.label ?? '',
        protocol: channel.protocol ?? '',
        ordered: Boolean(channel.ordered),
        negotiated: Boolean(channel.negotiated),
        maxRetransmits: channel.maxRetransmits ?? null,
        maxPacketLifeTime: channel.maxPacketLifeTime ?? null,
        id: channel.id ?? null,
        state: fromEnum('DATA_CHANNEL_STATE', channel.readyState),
      })),
    };
  }

  async close() {
    await this.#call('closePeer', {detail: 'configuration over'});
    await this.#watch.ended;
  }
}

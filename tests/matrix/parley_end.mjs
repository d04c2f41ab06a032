// The end that is a peer in Parley, driven by calls alone; its messages go by
// one Exchange stream for all its channels.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';

import {within} from '../js/deadline.mjs';
import {PeerEnd} from '../js/peer_end.mjs';

const END_MS = 10_000;

const states = {
  DATA_CHANNEL_STATE_OPEN: 'open',
  DATA_CHANNEL_STATE_CLOSED: 'close',
};

// One channel as the stream has it: what was sent, what may still be.
class Channel {
  sequence = 0;
  window = 0;
  accepted = 0;
  underWay = [];
  wake = () => {};

  get bytesUnderWay() {
    return this.underWay.reduce((sum, bytes) => sum + bytes, 0);
  }

  acknowledge({sequence = 0, window = this.window}) {
    this.underWay.splice(0, sequence - this.accepted);
    this.accepted = sequence;
    this.window = window;
    this.wake();
  }

  async room() {
    while (this.bytesUnderWay >= this.window) {
      await new Promise((resolve) => (this.wake = resolve));
    }
  }
}

export class ParleyEnd extends PeerEnd {
  #options;
  #exchange;
  #frameName;
  #restarted = false;
  #names = new Map();
  #labels = new Map();
  #channels = new Map();

  // `options` are fields of its CreatePeer.
  constructor(name, client, options) {
    super(name, client);
    this.#options = options;
  }

  async _open({audio}) {
    const transceivers = audio ? [{kind: 'MEDIA_KIND_AUDIO'}] : [];
    await this.create({...this.#options, transceivers},
      (event) => this.#watched(event));
    this.#exchange = this.client.exchange();
    this.#exchange.call.on('data', ({frames}) => this.#exchanged(frames));
    this.#exchange.call.write({frames: [{name: this.peer, attach: {}}]});
  }

  #watched(event) {
    const {connectionStateChange, dataChannel, dataChannelStateChange,
      selectedCandidatePairChange, iceRestarted, closed} = event;
    if (connectionStateChange) {
      const {connectionState} = connectionStateChange;
      this.push({kind: 'state', state: connectionState
        .slice('PEER_CONNECTION_STATE_'.length).toLowerCase()});
    }
    if (dataChannel) {
      const {label, ordered, id} = dataChannel.dataChannel;
      this.push({kind: 'dataChannel', label, ordered, id});
    }
    if (dataChannelStateChange) {
      const {dataChannel: {name, label, readyState}} = dataChannelStateChange;
      this.#name(name, label);
      const kind = states[readyState];
      if (kind) this.push({kind, label});
    }
    if (iceRestarted) {
      this.#restarted = true;
      this.push({kind: 'iceRestarted', ...iceRestarted});
    }
    if (selectedCandidatePairChange) {
      const kind = this.#restarted ? 'newPair' : 'pair';
      this.push({kind, ...selectedCandidatePairChange});
    }
    if (closed) this.push({kind: 'closed', ...closed});
  }

  #name(name, label) {
    this.#names.set(label, name);
    this.#labels.set(name, label);
    if (!this.#channels.has(name)) this.#channels.set(name, new Channel());
  }

  #exchanged(frames) {
    for (const frame of frames) {
      // Without a name: that of the frame before it on the stream.
      const name = this.#frameName = frame.name || this.#frameName;
      if (frame.attached) {
        this.#name(name, frame.attached.dataChannel.label);
        this.#channels.get(name).acknowledge(frame.attached);
      } else if (frame.message) {
        this.#received(name, frame.message);
      } else if (frame.acknowledge) {
        this.#channels.get(name).acknowledge(frame.acknowledge);
      } else if (frame.rejected) {
        this.fail(new Error(`rejected: ${frame.rejected.error.message}`));
      } else if (frame.detached?.reason === 'DETACH_REASON_REFUSED') {
        this.fail(new Error(`detached: ${frame.detached.error.message}`));
      }
    }
  }

  #received(name, {sequence, text, binary, data}) {
    const label = this.#labels.get(name);
    this.push(data === 'text' ? {kind: 'message', label, text}
      : {kind: 'message', label, binary: binary.toString('base64')});
    this.#exchange.call.write({frames: [{name, acknowledge: {sequence}}]});
  }

  async _createDataChannel({label, ordered}) {
    await this.ask('createDataChannel', {dataChannel: {label, ordered}});
  }

  async _send({label, messages}) {
    const name = this.#names.get(label);
    const channel = this.#channels.get(name);
    for (const {text, binary} of messages) {
      await channel.room();
      const data = binary === undefined ? {text}
        : {binary: Buffer.from(binary, 'base64')};
      channel.underWay.push(
        data.binary?.length ?? Buffer.byteLength(data.text));
      const sequence = ++channel.sequence;
      this.#exchange.call.write({frames: [{name, message: {sequence, ...data}}]});
    }
  }

  async _closeChannel({label}) {
    await this.client.peer.closeDataChannel(
      {name: this.#names.get(label), requestId: randomUUID()});
  }

  // The state that calls show is as whole as the events say.
  async checkConnected(audio) {
    const {peer: {state}} = await this.client.peer.getPeer({name: this.peer});
    assert.equal(state.signalingState, 'SIGNALING_STATE_STABLE');
    assert.equal(state.sctp?.state, 'SCTP_TRANSPORT_STATE_CONNECTED');
    assert.deepEqual(
      (state.transceivers ?? []).map(({kind, mid, stopped}) =>
        ({kind, negotiated: mid !== undefined, stopped: Boolean(stopped)})),
      audio ? [{kind: 'MEDIA_KIND_AUDIO', negotiated: true, stopped: false}]
        : []);
  }

  // Only a pair of the new generation is a new pair.
  async restarted() {
    await this.take('iceRestarted');
    await this.take('newPair');
  }

  async _close() {
    await this.ask('closePeer', {detail: 'cell over'});
  }

  // Nothing is left of the peer but its tombstone, which says nothing bad.
  async stop() {
    if (!this.peer) return;
    await this._close();
    const {reason} = await this.take('closed');
    assert.equal(reason, 'CLOSE_REASON_REQUESTED');
    await within(END_MS, 'the end of WatchPeer', this.watch.ended);
    this.#exchange.call.end();
    await within(END_MS, 'the end of Exchange', this.#exchange.ended);
  }

  notes() {
    return '';
  }
}

// libdatachannel, by the npm package node-datachannel.
import nodeDataChannel from 'node-datachannel';

import {serve, write} from './program.mjs';

const {Audio, PeerConnection} = nodeDataChannel;
const OPUS = 111;

class Peer {
  #connection;
  #channels = new Map();
  // A track that nobody refers to is closed.
  #tracks = [];

  open({audio}) {
    const connection = this.#connection = new PeerConnection('end',
      {iceServers: [], disableAutoNegotiation: true});
    connection.onLocalCandidate((candidate, sdpMid) =>
      write({kind: 'candidate', candidate: {candidate, sdpMid}}));
    connection.onStateChange((state) => write({kind: 'state', state}));
    connection.onTrack((track) => this.#tracks.push(track));
    connection.onDataChannel((channel) => {
      write({kind: 'dataChannel', label: channel.getLabel(),
        id: channel.getId()});
      this.#adopt(channel);
    });
    if (audio) {
      const section = new Audio('audio', 'SendRecv');
      section.addOpusCodec(OPUS);
      this.#tracks.push(connection.addTrack(section));
    }
  }

  #adopt(channel) {
    const label = channel.getLabel();
    this.#channels.set(label, channel);
    channel.onOpen(() => write({kind: 'open', label}));
    channel.onClosed(() => write({kind: 'close', label}));
    channel.onMessage((data) => write(typeof data === 'string'
      ? {kind: 'message', label, text: data}
      : {kind: 'message', label, binary: Buffer.from(data).toString('base64')},
    ));
    channel.onError((message) =>
      write({kind: 'fault', message: `${label}: ${message}`}));
    if (channel.isOpen()) write({kind: 'open', label});
  }

  createDataChannel({label, ordered}) {
    this.#adopt(this.#connection.createDataChannel(label,
      {unordered: !ordered}));
  }

  #setLocal(type) {
    return new Promise((resolve) => {
      this.#connection.onLocalDescription((sdp, type) =>
        resolve({type, sdp}));
      this.#connection.setLocalDescription(type);
    });
  }

  offer() {
    return this.#setLocal('offer');
  }

  answer({sdp}) {
    this.#connection.setRemoteDescription(sdp, 'offer');
    return this.#setLocal('answer');
  }

  accept({sdp}) {
    this.#connection.setRemoteDescription(sdp, 'answer');
  }

  addCandidate({candidate, sdpMid}) {
    this.#connection.addRemoteCandidate(candidate, sdpMid);
  }

  send({label, messages}) {
    const channel = this.#channels.get(label);
    for (const {text, binary} of messages) {
      if (binary === undefined) channel.sendMessage(text);
      else channel.sendMessageBinary(Buffer.from(binary, 'base64'));
    }
  }

  closeChannel({label}) {
    this.#channels.get(label).close();
  }

  close() {
    this.#connection.close();
  }
}

serve(new Peer());

// An end that is a peer in Parley: what its negotiation takes, by calls alone.
import {randomUUID} from 'node:crypto';

import {End} from './end.mjs';

const usable = new Set([
  'ICE_CANDIDATE_OUTCOME_APPLIED',
  'ICE_CANDIDATE_OUTCOME_QUEUED',
  'ICE_CANDIDATE_OUTCOME_IGNORED',
]);

export class PeerEnd extends End {
  takesEndOfCandidates = true;
  // Set by create(): the peer's name, and the stream of its events.
  peer;
  watch;
  #offerId;

  constructor(name, client) {
    super(name);
    this.client = client;
  }

  // Creates the peer; its events, but for candidates, go to `onEvent`.
  async create(request, onEvent) {
    const {peer} = await this.client.peer.createPeer(
      {requestId: randomUUID(), ...request});
    this.peer = peer.name;
    this.watch = this.client.watchPeer(peer.name,
      (candidate) => this.push({kind: 'candidate', candidate}), onEvent);
    this.watch.call.on('error', (error) => this.fail(error));
    return peer;
  }

  operate(operation, argument) {
    return this[`_${operation}`](argument);
  }

  // A method of PeerService, about the peer.
  ask(method, request = {}) {
    return this.client.peer[method](
      {name: this.peer, requestId: randomUUID(), ...request});
  }

  async _offer({restart}) {
    const {description} = await this.ask('createOffer', {iceRestart: restart});
    this.#offerId = description.offerId;
    await this.ask('setLocalDescription', {description});
    return {type: 'offer', sdp: description.sdp};
  }

  // By the implicit form.
  async _answer({sdp}) {
    await this.ask('setRemoteDescription',
      {description: {type: 'SDP_TYPE_OFFER', sdp}});
    const {description} = await this.ask('setLocalDescription');
    return {type: 'answer', sdp: description.sdp};
  }

  async _accept({sdp}) {
    await this.ask('setRemoteDescription', {description:
      {type: 'SDP_TYPE_ANSWER', sdp, offerId: this.#offerId}});
  }

  async _addCandidate(candidate) {
    const {results: [{outcome, error}]} =
      await this.ask('addIceCandidates', {candidates: [candidate]});
    if (!usable.has(outcome)) {
      throw new Error(`${candidate.candidate}: ${outcome} ` +
        `${error?.reason} ${error?.message}`);
    }
  }
}

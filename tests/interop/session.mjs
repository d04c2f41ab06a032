// One peer in Parley and one in a page, with a signaling channel between them
// that trickles.
import {randomUUID} from 'node:crypto';

import {Inbox} from '../js/deadline.mjs';
import {RemotePage} from '../js/remote_page.mjs';
import {install} from './page.mjs';

const usable = new Set([
  'ICE_CANDIDATE_OUTCOME_APPLIED',
  'ICE_CANDIDATE_OUTCOME_QUEUED',
  'ICE_CANDIDATE_OUTCOME_IGNORED',
]);

export class Session {
  // Both peers, neither of which has a description yet.
  static async open({client, browser, url, iceMode, dataChannels = []}) {
    const session = new Session();
    session.client = client;
    const {peer} = await client.peer.createPeer({
      iceMode,
      dataChannels,
      labels: {browser: browser.name},
      requestId: randomUUID(),
    });
    session.name = peer.name;
    session.channels = peer.state.dataChannels;
    // Candidates go where trickling takes them, all else into the inbox.
    const inbox = new Inbox();
    session.page = await RemotePage.open(browser, url, install, {
      onEvent: async (event) => {
        if (event.kind === 'candidate') {
          await session.#toParley(event.candidate);
        } else {
          inbox.push(event);
        }
      },
      onError: (error) => inbox.fail(error),
    });
    session.page.inbox = inbox;
    session.watch = client.watchPeer(peer.name, (candidate) =>
      session.#toPage(candidate));
    session.trickled = Promise.resolve();
    return session;
  }

  // W3C's null says what the empty candidate has said already.
  async #toParley(candidate) {
    if (candidate === null) return;
    const {results} = await this.client.peer.addIceCandidates({
      name: this.name,
      candidates: [candidate],
    });
    for (const {outcome, error} of results) {
      if (!usable.has(outcome)) {
        throw new Error(`candidate ${candidate.candidate}: ${outcome} ` +
          `${error?.reason} ${error?.message}`);
      }
    }
  }

  // A page refuses candidates before their description: they wait for it.
  #toPage(candidate) {
    this.trickled = Promise.all([this.trickled, this.#pageHasRemote])
      .then(() => this.page.call('addCandidate', candidate));
    this.trickled.catch((error) => this.page.inbox.fail(error));
  }

  #releaseToPage;
  #pageHasRemote = new Promise((resolve) => (this.#releaseToPage = resolve));

  // The page takes Parley's offer; Parley takes its answer.
  async parleyOffers({iceRestart = false} = {}) {
    const {description: offer} = await this.client.peer.createOffer({
      name: this.name,
      iceRestart,
      requestId: randomUUID(),
    });
    await this.client.peer.setLocalDescription({
      name: this.name,
      description: offer,
      requestId: randomUUID(),
    });
    const answer = await this.page.call('answer',
      {type: 'offer', sdp: offer.sdp});
    this.#releaseToPage();
    await this.client.peer.setRemoteDescription({
      name: this.name,
      description: {
        type: 'SDP_TYPE_ANSWER',
        sdp: answer.sdp,
        offerId: offer.offerId,
      },
      requestId: randomUUID(),
    });
  }

  // Parley takes the page's offer, and answers by the implicit form.
  async pageOffers({iceRestart = false} = {}) {
    const offer = await this.page.call('offer', {iceRestart});
    await this.client.peer.setRemoteDescription({
      name: this.name,
      description: {type: 'SDP_TYPE_OFFER', sdp: offer.sdp},
      requestId: randomUUID(),
    });
    const {description: answer} = await this.client.peer.setLocalDescription({
      name: this.name,
      requestId: randomUUID(),
    });
    await this.page.call('accept', {type: 'answer', sdp: answer.sdp});
    this.#releaseToPage();
  }

  // Both ends say that they are connected.
  async connected() {
    await this.watch.inbox.take('connected at Parley', (event) =>
      event.connectionStateChange?.connectionState ===
        'PEER_CONNECTION_STATE_CONNECTED');
    await this.page.inbox.take('connected at the page', (event) =>
      event.kind === 'connectionState' && event.state === 'connected');
  }

  // Parley sees the channel in the state.
  channelState(name, state) {
    return this.watch.inbox.take(`${name} ${state}`, (event) => {
      const channel = event.dataChannelStateChange?.dataChannel;
      return channel?.name === name &&
        channel.readyState === `DATA_CHANNEL_STATE_${state}`;
    });
  }

  async closePeer() {
    await this.client.peer.closePeer({name: this.name, detail: 'test over'});
    await this.watch.inbox.take('the closed event', (event) => event.closed);
    await this.watch.ended;
  }
}

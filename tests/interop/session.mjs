// One peer in Parley and one in a page, with a signaling channel between them
// that trickles.
import {PageEnd} from '../js/end.mjs';
import {PeerEnd} from '../js/peer_end.mjs';
import {Signaling} from '../js/signaling.mjs';

export class Session {
  #parley;
  #signaling;

  // Both peers, neither of which has a description yet.
  static async open({client, browser, url, iceMode, dataChannels = []}) {
    const session = new Session();
    session.client = client;
    const parley = session.#parley = new PeerEnd('Parley', client);
    const {state} = await parley.create(
      {iceMode, dataChannels, labels: {browser: browser.name}},
      (event) => parley.inbox.push(event));
    session.channels = state.dataChannels;
    session.inbox = parley.inbox;
    session.page = await PageEnd.open(browser.name, browser, url);
    await session.page.call('open');
    session.#signaling = new Signaling(parley, session.page);
    return session;
  }

  async parleyOffers({iceRestart = false} = {}) {
    await this.#signaling.negotiate(
      {offerer: this.#parley, restart: iceRestart});
  }

  async pageOffers({iceRestart = false} = {}) {
    await this.#signaling.negotiate({offerer: this.page, restart: iceRestart});
  }

  // Both ends say that they are connected.
  async connected() {
    await this.inbox.take('connected at Parley', (event) =>
      event.connectionStateChange?.connectionState ===
        'PEER_CONNECTION_STATE_CONNECTED');
    await this.page.connected();
  }

  // Parley sends over a pair of the new generation.
  async restarted() {
    const {sequence} = await this.inbox.take('the restart at Parley',
      (event) => event.iceRestarted);
    await this.inbox.take('a pair of the new generation', (event) =>
      event.selectedCandidatePairChange && event.sequence > sequence);
  }

  // Parley sees the channel in the state.
  channelState(name, state) {
    return this.inbox.take(`${name} ${state}`, (event) => {
      const channel = event.dataChannelStateChange?.dataChannel;
      return channel?.name === name &&
        channel.readyState === `DATA_CHANNEL_STATE_${state}`;
    });
  }

  async closePeer() {
    await this.#parley.ask('closePeer', {detail: 'test over'});
    await this.inbox.take('the closed event', (event) => event.closed);
    await this.#parley.watch.ended;
  }
}

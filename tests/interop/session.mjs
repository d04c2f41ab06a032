// One peer in Parley and one in a page, with a signaling channel between them
// that trickles.
import {PageEnd} from '../js/end.mjs';
import {PeerEnd} from '../js/peer_end.mjs';
import {Signaling} from '../js/signaling.mjs';

// Of a candidate's line; the one that ends them belongs to every transport.
const isTcp = (line) => !line || / tcp /i.test(line);

// Whether the event tells that the channel has come to the state.
function isState({dataChannelStateChange}, name, state) {
  const channel = dataChannelStateChange?.dataChannel;
  return channel?.name === name &&
    channel.readyState === `DATA_CHANNEL_STATE_${state}`;
}

export class Session {
  #parley;
  #tcpAlone;
  #signaling;

  // Both peers, neither of which has a description yet. With `tcpAlone` none
  // learns of the other's UDP.
  static async open(
    {client, browser, url, iceMode, tcpAlone = false, dataChannels = []}) {
    const session = new Session();
    session.client = client;
    session.#tcpAlone = tcpAlone;
    const parley = session.#parley = new PeerEnd('Parley', client);
    const {state} = await parley.create(
      {iceMode, dataChannels, labels: {browser: browser.name},
        configuration: {iceTcp: tcpAlone}},
      (event) => parley.inbox.push(event));
    session.channels = state.dataChannels;
    session.inbox = parley.inbox;
    session.page = await PageEnd.open(browser.name, browser, url);
    await session.page.call('open');
    session.#signaling = new Signaling(parley, session.page,
      tcpAlone ? isTcp : undefined);
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
    return this.inbox.take(`${name} ${state}`,
      (event) => isState(event, name, state));
  }

  // Parley sees that the page has closed the connection of the channel. Over
  // TCP Firefox ends its stream, now and then, before it has sent what it still
  // had to say, DTLS's close_notify among it: then ICE tells of it.
  leftBy(channel) {
    return this.inbox.take(`${channel} CLOSED`, (event) =>
      isState(event, channel, 'CLOSED') ||
        (this.#tcpAlone && event.iceConnectionStateChange
          ?.iceConnectionState === 'ICE_CONNECTION_STATE_DISCONNECTED'));
  }

  async closePeer() {
    await this.#parley.ask('closePeer', {detail: 'test over'});
    await this.inbox.take('the closed event', (event) => event.closed);
    await this.#parley.watch.ended;
  }
}

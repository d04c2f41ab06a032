// A backend's end of a negotiation that knows no locks: it offers whenever no
// negotiation of its own is in progress (RFC 3264), takes what comes in the
// order it came, and drops the offers that it is told to drop.
import {errorInfo} from '../js/error_info.mjs';
import {sectionsOf} from './house.mjs';

const OFFERS = 2;
const kinds = ['MEDIA_KIND_AUDIO', 'MEDIA_KIND_VIDEO'];

export class Negotiator {
  rollbacks = 0;
  ignored = 0;
  // The kinds of the sections it asked for, and the sections of each
  // negotiation that came to its end here.
  added = [];
  agreed = [];
  #inbox = [];
  #answers = false;
  #offers = OFFERS;
  #state = {};

  constructor(house, {polite}, random) {
    this.house = house;
    this.calls = house.client.peer;
    this.polite = polite;
    this.random = random;
  }

  async meet(other) {
    this.other = other;
    other.other = this;
    for (const end of [this, other]) {
      const {peer} = await end.calls.createPeer({polite: end.polite});
      end.name = peer.name;
    }
  }

  get #stable() {
    return (this.#state.signalingState ?? 'SIGNALING_STATE_STABLE') ===
      'SIGNALING_STATE_STABLE';
  }

  get #needed() {
    return this.#stable &&
      (this.#offers > 0 || Boolean(this.#state.negotiationNeeded));
  }

  // Whether anything is left to be done that does not wait for the other end.
  get busy() {
    return this.#answers || this.#inbox.length > 0 || this.#needed;
  }

  // W3C sets the flag when the operation that made it so is over: it can come
  // after the reply.
  async look() {
    this.#state = (await this.house.peer(this.name)).state;
    return this.busy;
  }

  // Anything that could happen next, by one call or two.
  async step() {
    if (this.#answers) {
      await this.#answer();
    } else if (this.#inbox.length > 0 &&
      (!this.#needed || this.random() < 0.5)) {
      await this.#take(this.#inbox.shift());
    } else if (this.#needed) {
      await this.#offer();
    }
  }

  async #offer() {
    if (this.#offers > 0) {
      this.#offers -= 1;
      const kind = kinds[Math.floor(this.random() * kinds.length)];
      await this.calls.addTransceiver({name: this.name, transceiver: {kind}});
      this.added.push(kind.slice('MEDIA_KIND_'.length).toLowerCase());
    }
    await this.#setLocal();
  }

  async #answer() {
    this.#answers = false;
    await this.#setLocal();
  }

  // The implicit form: what the state calls for.
  async #setLocal() {
    const {description, state} =
      await this.calls.setLocalDescription({name: this.name});
    this.#is(state, description);
    this.other.#inbox.push(description);
  }

  #is(state, {type, sdp}) {
    this.#state = state;
    if (type !== 'SDP_TYPE_ANSWER') return;
    this.agreed.push(sectionsOf(sdp).map(({mid, kind}) => `${mid} ${kind}`));
  }

  async #take(description) {
    const offer = description.type === 'SDP_TYPE_OFFER';
    const crossed = offer && !this.#stable;
    try {
      const {state} = await this.calls.setRemoteDescription(
        {name: this.name, description});
      this.#is(state, description);
      this.#answers = offer;
      if (crossed) this.rollbacks += 1;
    } catch (error) {
      const reason = errorInfo(error)?.reason;
      if (offer && reason === 'GLARE' && !this.polite && crossed) {
        this.ignored += 1;
      } else {
        throw error;
      }
    }
  }
}

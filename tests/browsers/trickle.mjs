// Carries the candidates of one end to the other: in order, and none before the
// description that it belongs to, as a signaling channel in order would.
import {fragmentsOf, midsOf} from './sdp.mjs';

export class Trickle {
  // Candidates that the other end refused, as lines of text.
  failures = [];
  #from;
  #to;
  #fragments = new Set();
  #mids = new Set();
  #held = [];
  #note;
  #delivery = Promise.resolve();

  // `note` is told of each candidate that is delivered.
  constructor(from, to, note) {
    this.#from = from;
    this.#to = to;
    this.#note = note;
    from.on('candidate', (candidate) => this.#take(candidate));
  }

  #take(candidate) {
    if (this.#knows(candidate)) {
      this.#deliver(candidate);
    } else {
      this.#held.push(candidate);
    }
  }

  #knows({usernameFragment, sdpMid}) {
    return this.#fragments.has(usernameFragment) && this.#mids.has(sdpMid);
  }

  // When all that could be delivered by now has been.
  delivered() {
    return this.#delivery;
  }

  // The other end has this description.
  accept(sdp) {
    for (const fragment of fragmentsOf(sdp)) this.#fragments.add(fragment);
    for (const mid of midsOf(sdp)) this.#mids.add(mid);
    for (const candidate of this.#held.splice(0)) this.#take(candidate);
  }

  // The other end has no description any more but this one.
  forget(sdp) {
    this.#fragments = new Set(fragmentsOf(sdp));
    this.#mids = new Set(midsOf(sdp));
    this.#held = [];
  }

  // The other end has rejected these sections. Their candidates have no effect
  // (W3C addIceCandidate), but Firefox refuses them.
  end(mids) {
    for (const mid of mids) this.#mids.delete(mid);
  }

  #deliver(candidate) {
    this.#delivery = this.#delivery.then(async () => {
      if (!this.#knows(candidate)) return;
      this.#note(`candidate to ${this.#to.name}: ${candidate.candidate} of ` +
        `mid ${candidate.sdpMid}, ufrag ${candidate.usernameFragment}`);
      try {
        await this.#to.operate('addCandidate', candidate);
      } catch (error) {
        // Its description may have been rolled back meanwhile.
        if (!this.#knows(candidate)) return;
        this.failures.push(`candidate of ${this.#from.name} at ` +
          `${this.#to.name}: ${candidate.candidate} of mid ` +
          `${candidate.sdpMid}: ${error.message}`);
      }
    });
  }
}

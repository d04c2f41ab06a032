// What stands between two ends: descriptions go over as they are made,
// candidates one by one, never before the description that they belong to.
const fragments = (sdp) => new Set(
  [...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map(([, fragment]) => fragment));

class Direction {
  #from;
  #to;
  #held = [];
  #open = false;
  #delivered = Promise.resolve();
  #fragments = new Set();

  constructor(from, to) {
    this.#from = from;
    this.#to = to;
    from.onCandidate = (candidate) => {
      this.#held.push(candidate);
      this.#flush();
    };
  }

  hold() {
    this.#open = false;
  }

  // The description has been set at the other end.
  release(sdp) {
    this.#fragments = fragments(sdp);
    this.#open = true;
    this.#flush();
  }

  #flush() {
    if (!this.#open) return;
    for (const candidate of this.#held.splice(0)) {
      if (this.#isOld(candidate)) continue;
      this.#delivered = this.#delivered
        .then(() => this.#to.call('addCandidate', candidate))
        .catch((error) => this.#to.fail(error));
    }
  }

  // Of a generation that the description has replaced.
  #isOld({candidate, usernameFragment}) {
    const fragment =
      usernameFragment || candidate.match(/ ufrag (\S+)/)?.[1];
    return fragment && !this.#fragments.has(fragment);
  }
}

export class Signaling {
  #offerer;
  #answerer;
  #toAnswerer;
  #toOfferer;

  constructor(offerer, answerer) {
    this.#offerer = offerer;
    this.#answerer = answerer;
    this.#toAnswerer = new Direction(offerer, answerer);
    this.#toOfferer = new Direction(answerer, offerer);
  }

  // One round of offer and answer; gives both.
  async negotiate({restart = false} = {}) {
    this.#toAnswerer.hold();
    this.#toOfferer.hold();
    const offer = await this.#offerer.call('offer', {restart});
    const answer = await this.#answerer.call('answer', offer);
    this.#toAnswerer.release(offer.sdp);
    await this.#offerer.call('accept', answer);
    this.#toOfferer.release(answer.sdp);
    return {offer, answer};
  }
}

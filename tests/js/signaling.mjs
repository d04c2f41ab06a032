// What stands between two ends: descriptions go over as they are made,
// candidates one by one, never before the description that they belong to.
const fragments = (sdp) => new Set(
  [...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map(([, fragment]) => fragment));

class Direction {
  #held = [];
  #open = false;
  #delivered = Promise.resolve();
  #fragments = new Set();

  constructor(from, to, passes) {
    this.to = to;
    from.onCandidate = (candidate) => {
      if (!candidate.candidate && !to.takesEndOfCandidates) return;
      if (!passes(candidate.candidate)) return;
      this.#held.push(candidate);
      this.#flush();
    };
  }

  // Until the next description. What is on its way arrives before that.
  async hold() {
    this.#open = false;
    await this.#delivered;
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
        .then(() => this.to.call('addCandidate', candidate))
        .catch((error) => this.to.fail(error));
    }
  }

  // Of a generation that the description has replaced.
  #isOld({candidate, usernameFragment}) {
    const fragment =
      usernameFragment || candidate.match(/ ufrag (\S+)/)?.[1];
    return fragment && !this.#fragments.has(fragment);
  }
}

// The description with those of its candidates that pass.
const filtered = (description, passes) => ({
  ...description,
  sdp: description.sdp.split(/(?<=\n)/).filter((line) =>
    !line.startsWith('a=candidate:') || passes(line)).join(''),
});

export class Signaling {
  #one;
  #directions;
  #passes;

  // Of candidates only those go over whose line `passes` lets.
  constructor(one, other, passes = () => true) {
    this.#one = one;
    this.#passes = passes;
    this.#directions = new Map([
      [one, new Direction(one, other, passes)],
      [other, new Direction(other, one, passes)]]);
  }

  // One round of offer and answer; gives both.
  async negotiate({offerer = this.#one, restart = false} = {}) {
    await Promise.all([...this.#directions.values()].map((one) => one.hold()));
    const toAnswerer = this.#directions.get(offerer);
    const answerer = toAnswerer.to;
    const offer =
      filtered(await offerer.call('offer', {restart}), this.#passes);
    const answer =
      filtered(await answerer.call('answer', offer), this.#passes);
    toAnswerer.release(offer.sdp);
    await offerer.call('accept', answer);
    this.#directions.get(answerer).release(answer.sdp);
    return {offer, answer};
  }
}

// Two ends, the signaling between them, and what is known of their state: the
// one named `first` makes the first offer, `second` the first answer.
import {within} from '../js/deadline.mjs';
import {channelDifferences, differences} from './comparison.mjs';
import {History} from './history.mjs';
import {parse} from './sdp.mjs';
import {Trickle} from './trickle.mjs';
import {unlike} from './unlike.mjs';

const EVENT_MS = 20_000;

export const otherOf = (end) => (end === 'first' ? 'second' : 'first');

const both = ['first', 'second'];
const unchanged = (sdp) => sdp;
const originOf = (sdp) => sdp.match(/^o=.*$/m)[0];
const rejectedMids = (sdp) => parse(sdp).sections
  .filter(({rejected}) => rejected).map(({mid}) => mid);

// The two ends do not agree.
export class Mismatch extends Error {
  constructor(lines) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

export class Negotiation {
  // What each end's state must be.
  signaling = {first: 'stable', second: 'stable'};
  // The description last set locally at each end.
  descriptions = {first: null, second: null};
  // The end that made the last offer that was delivered.
  offerer = null;
  // The end that made the first offer to be answered: it controls ICE (RFC
  // 8445, 6.1.1).
  controlling = null;
  // Nothing was changed since the last answer.
  agreed = false;
  // The last description that was set has not been delivered.
  underWay = false;
  // The end that the last answer left with something to offer.
  needs = null;
  history = new History();
  // Descriptions and events, to be shown.
  log = [];
  #start = Date.now();
  // The local ones by their o= lines.
  #texts = new Map();
  #messages = 0;

  // `ends` and `carry` by 'first' and 'second'; carry is what becomes of an
  // end's descriptions on their way. `abilities` are the browser's.
  constructor(ends, {abilities, carry = {}}) {
    this.ends = ends;
    this.abilities = abilities;
    this.carry = {first: unchanged, second: unchanged, ...carry};
    for (const end of both) {
      for (const kind of ['change', 'candidate']) {
        ends[end].on(kind, (detail) =>
          this.#note(`${end} event: ${JSON.stringify(detail)}`));
      }
    }
    const note = (text) => this.#note(text);
    this.trickle = {
      first: new Trickle(ends.first, ends.second, note),
      second: new Trickle(ends.second, ends.first, note),
    };
  }

  // An operation that changes what is to be agreed.
  change(end, operation, argument) {
    this.agreed = false;
    return this.#operate(end, operation, argument);
  }

  async #operate(end, operation, argument) {
    const value = await this.ends[end].operate(operation, argument);
    const set = operation === 'setRemote' ? argument : value;
    if (/^set(Local|Remote)$/.test(operation)) {
      this.#note(`${end} (${this.ends[end].name}), ${operation} ` +
        `${set?.type}:\n${set?.sdp}`);
    }
    if (operation === 'setLocal' && value?.sdp) {
      this.#texts.set(originOf(value.sdp), value.sdp);
    }
    return value;
  }

  #note(text) {
    this.log.push(`--- ${Date.now() - this.#start} ms, ${text}`);
  }

  // A local description as it was set, given as it is now and carried to the
  // other end. (What gathering makes of it later is not carried; Firefox then
  // gives ports even to rejected sections.)
  asCarried(end, sdp) {
    return this.carry[end](this.#texts.get(originOf(sdp)) ?? sdp);
  }

  // Sets an offer at `end`: implicitly, or one that createOffer made.
  async setLocalOffer(end, {explicit = false, options} = {}) {
    this.agreed = false;
    this.needs = null;
    const offer = explicit || options
      ? await this.#operate(end, 'createOffer', options)
      : undefined;
    this.descriptions[end] = await this.#operate(end, 'setLocal', offer);
    this.signaling[end] = 'have-local-offer';
    this.underWay = true;
  }

  // The same for an answer.
  async setLocalAnswer(end, {explicit = false} = {}) {
    const answer =
      explicit ? await this.#operate(end, 'createAnswer') : undefined;
    this.descriptions[end] = await this.#operate(end, 'setLocal', answer);
    this.signaling[end] = 'stable';
    this.underWay = true;
    this.trickle[otherOf(end)].end(rejectedMids(this.descriptions[end].sdp));
  }

  async setLocalProvisionalAnswer(end) {
    const {sdp} = await this.#operate(end, 'createAnswer');
    this.descriptions[end] =
      await this.#operate(end, 'setLocal', {type: 'pranswer', sdp});
    this.signaling[end] = 'have-local-pranswer';
    this.underWay = true;
  }

  // Gives the other end what `from` set last, as another type if one is given.
  async deliver(from, type = this.descriptions[from].type) {
    const to = otherOf(from);
    await this.trickle[from].delivered();
    const sdp = this.carry[from](this.descriptions[from].sdp);
    await this.#operate(to, 'setRemote', {type, sdp});
    this.trickle[from].accept(sdp);
    this.signaling[to] = {
      offer: 'have-remote-offer',
      pranswer: 'have-remote-pranswer',
      answer: 'stable',
    }[type];
    this.underWay = false;
    if (type === 'offer') this.offerer = from;
    if (type === 'answer') {
      this.agreed = true;
      this.controlling ??= this.offerer;
    }
  }

  // The same, of no effect if the other end refuses what `damage` made of it.
  deliverDamaged(from, damage) {
    const {type, sdp} = this.descriptions[from];
    return this.#operate(otherOf(from), 'setRemote', {type, sdp: damage(sdp)});
  }

  // Undoes the negotiation in progress at `end`, by either of the two calls.
  async rollBack(end, call) {
    const {currentRemote} = await this.ends[end].snapshot();
    await this.#operate(end, call, {type: 'rollback', sdp: ''});
    this.trickle[otherOf(end)].forget(currentRemote?.sdp ?? '');
    this.signaling[end] = 'stable';
    this.underWay = false;
  }

  // Whether nothing is expected of the flag there: the last answer left
  // something to offer, or the browser is known to err.
  mayNeed(end) {
    return this.needs === end ||
      (this.needs === 'browser' && this.ends[end].name === 'browser');
  }

  async snapshot() {
    const [first, second] =
      await Promise.all(both.map((end) => this.ends[end].snapshot()));
    return {first, second};
  }

  // Compares both ends with each other and with what they must be.
  async compare() {
    const ends = await this.snapshot();
    const refused = both.flatMap((end) => this.trickle[end].failures);
    const found = [...refused, ...differences(this, ends)];
    if (found.length) throw new Mismatch(found);
  }

  // Waits until `satisfied` says so, looking again at every event of the end.
  async until(end, what, satisfied) {
    const peer = this.ends[end];
    let over = false;
    let release;
    const changed = () => release();
    const look = async () => {
      while (!over) {
        const event = new Promise((resolve) => (release = resolve));
        if (await satisfied(peer)) return;
        await event;
      }
    };
    const wait = look();
    peer.on('change', changed);
    try {
      await within(EVENT_MS, `${end} (${peer.name}), ${what}`, wait);
    } finally {
      over = true;
      peer.off('change', changed);
      release();
    }
  }

  // Every transport is up at both ends.
  async connected() {
    await Promise.all(both.map((end) =>
      this.until(end, 'connected', async (peer) =>
        await peer.connectionState() === 'connected')));
    const found = await this.#roleDifferences();
    if (found.length) throw new Mismatch(found);
  }

  // Of Parley, and as ICE began: in a restart Chromium takes the role anew, and
  // conflicts are none of ours.
  async #roleDifferences() {
    const end = both.find((name) => this.ends[name].name === 'parley');
    const role = end === this.controlling ? 'controlling' : 'controlled';
    return (await this.ends[end].iceRoles()).flatMap((actual) =>
      unlike(`ICE role of ${end}`, role, actual));
  }

  // All channels are open at both ends and alike, and carry a message each way.
  async exchange() {
    const {first, second} = await this.snapshot();
    const labels = [...new Set([...first.channels, ...second.channels]
      .filter(({state}) => state === 'connecting' || state === 'open')
      .map(({label}) => label))];
    if (labels.length === 0) return;
    await Promise.all(both.map((end) =>
      this.until(end, `channels ${labels.join(', ')} open`, async (peer) => {
        const {channels} = await peer.snapshot();
        return labels.every((wanted) => channels.some(({label, state}) =>
          label === wanted && state === 'open'));
      })));
    const found = channelDifferences(labels, await this.snapshot());
    if (found.length) throw new Mismatch(found);
    for (const label of labels) {
      for (const end of both) await this.#send(end, label);
    }
  }

  async #send(from, label) {
    const text = `${label}, ${++this.#messages} from ${from}`;
    await this.#operate(from, 'send', {label, text});
    await this.until(otherOf(from), `message "${text}"`, async (peer) =>
      (await peer.received(label)).includes(text));
  }

  // Adds what both ends know of their transports to the log.
  async noteTransports() {
    await Promise.all(both.map(async (end) => {
      const found = await this.ends[end].transports().catch(String);
      this.#note(`${end} (${this.ends[end].name}), transports: ` +
        JSON.stringify(found, null, 1));
    }));
  }

  async close() {
    await Promise.all(both.map((end) => this.ends[end].close()));
  }
}

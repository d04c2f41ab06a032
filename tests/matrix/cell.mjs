// What happens in one cell: two ends, from their first description to the end.
import assert from 'node:assert/strict';

import {Signaling} from '../js/signaling.mjs';
import {compare, makeMessages} from './messages.mjs';

const MESSAGES = 100;
const MESSAGES_AFTER_RESTART = 10;
const MESSAGES_UNORDERED = 20;
// Without the attribute (RFC 8841, 6.1), and as much as is tried.
const DEFAULT_MAX_MESSAGE_SIZE = 65_536;
const LARGEST = 262_144;

const sections = (sdp) => sdp.split(/^m=/m).slice(1);
const fragmentsOf = (sdp) =>
  [...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map(([, fragment]) => fragment);

// The most that may be sent to whoever wrote this.
function maxMessageSize(sdp) {
  const [, size] = sdp.match(/^a=max-message-size:(\d+)/m) ?? [];
  const bytes = size === undefined ? DEFAULT_MAX_MESSAGE_SIZE : Number(size);
  return bytes === 0 ? LARGEST : Math.min(bytes, LARGEST);
}

// Every section that was offered is accepted, in its place.
function checkAnswer({offer, answer}, audio) {
  const kinds = ({sdp}) =>
    sections(sdp).map((section) => section.split(' ', 1)[0]);
  assert.deepEqual([...kinds(offer)].sort(),
    audio ? ['application', 'audio'] : ['application'], 'what is offered');
  assert.deepEqual(kinds(answer), kinds(offer), 'what is answered');
  const rejected = sections(answer.sdp).filter((section) =>
    /^\w+ 0 /.test(section));
  assert.deepEqual(rejected, [], 'sections rejected by the answer');
}

// Whether whoever wrote this answer is the DTLS client.
function isClient(answer) {
  const [, setup] = answer.match(/^a=setup:(\w+)/m) ?? [];
  assert.match(setup ?? 'none', /^(active|passive)$/, 'a=setup of the answer');
  return setup === 'active';
}

class Cell {
  step = 'start';

  constructor({offerer, answerer, audio, facts}) {
    Object.assign(this, {offerer, answerer, audio, facts});
    this.signaling = new Signaling(offerer, answerer);
  }

  get #ends() {
    return [this.offerer, this.answerer];
  }

  #cannot(end) {
    return this.facts[end.name].cannot ?? {};
  }

  // The smallest and the largest message from one to the other.
  #sizes(from, to) {
    return {
      smallest:
        this.#cannot(from).sendEmpty || this.#cannot(to).receiveEmpty ? 1 : 0,
      largest: Math.min(maxMessageSize(this.texts[to.name]),
        this.facts[from.name].limits?.send ?? LARGEST,
        this.facts[to.name].limits?.receive ?? LARGEST),
    };
  }

  // The other end has the channel of `maker`, open, with an id of the parity
  // that the maker's DTLS role gives it (RFC 8832, 6).
  async #opened(label, maker) {
    await Promise.all(this.#ends.map((end) => end.opened(label)));
    const other = maker === this.offerer ? this.answerer : this.offerer;
    const id = await other.announcedId(label);
    assert.equal(id % 2 === 0, maker === this.client,
      `parity of the id ${id} that ${maker.name}, DTLS ` +
      `${maker === this.client ? 'client' : 'server'}, gave '${label}'`);
  }

  async #exchange(what, label, count, ordered) {
    await Promise.all([[this.offerer, this.answerer],
      [this.answerer, this.offerer]].map(async ([from, to]) => {
      const messages = makeMessages(`${what}/${from.name}`, count,
        this.#sizes(from, to));
      await from.call('send', {label, messages});
      const received = [];
      while (received.length < count) {
        received.push(await to.take('message', (m) => m.label === label));
      }
      compare(`${what} from ${from.name} to ${to.name}`, received, messages,
        ordered);
    }));
  }

  async connect() {
    this.step = 'negotiation';
    const {offerer, answerer, audio} = this;
    await offerer.call('open', {audio});
    await answerer.call('open', {audio: false});
    await offerer.call('createDataChannel', {label: 'first', ordered: true});
    const descriptions = await this.signaling.negotiate();
    checkAnswer(descriptions, audio);
    this.texts = {[offerer.name]: descriptions.offer.sdp,
      [answerer.name]: descriptions.answer.sdp};
    this.client = isClient(descriptions.answer.sdp) ? answerer : offerer;
    this.step = 'connection';
    await Promise.all([this.#opened('first', offerer),
      ...this.#ends.map((end) => end.connected())]);
    await Promise.all(this.#ends.map((end) => end.checkConnected(audio)));
  }

  async exchange() {
    this.step = 'messages';
    await this.#exchange('messages', 'first', MESSAGES, true);
    // A channel of the other end, whose messages need not keep their order.
    await this.answerer.call('createDataChannel',
      {label: 'second', ordered: false});
    await this.#opened('second', this.answerer);
    await this.#exchange('unordered messages', 'second', MESSAGES_UNORDERED,
      false);
  }

  // First by the end that made the first offer, then by the other one, whose
  // ICE role it does not change (RFC 8445, 6.1.1).
  async restartIce() {
    const lite = Object.values(this.texts).some((sdp) =>
      /^a=ice-lite/m.test(sdp));
    if (this.#ends.some((end) => this.#cannot(end).restart ||
      (lite && this.#cannot(end).restartWithLite))) {
      return;
    }
    for (const [offerer, who] of [[this.offerer, 'offerer'],
      [this.answerer, 'answerer']]) {
      this.step = `ICE restart by the ${who}`;
      await this.#restartIce(offerer, who);
    }
  }

  async #restartIce(offerer, who) {
    const {offer, answer} =
      await this.signaling.negotiate({offerer, restart: true});
    const answerer = this.#ends.find((end) => end !== offerer);
    for (const [name, {sdp}] of [[offerer.name, offer],
      [answerer.name, answer]]) {
      const old = fragmentsOf(this.texts[name]);
      assert.ok(fragmentsOf(sdp).every((fragment) => !old.includes(fragment)),
        `new credentials of ${name}`);
      this.texts[name] = sdp;
    }
    await Promise.all(this.#ends.map((end) => end.restarted()));
    await this.#exchange(`messages after the restart by the ${who}`, 'first',
      MESSAGES_AFTER_RESTART, true);
  }

  async #closeChannel(label, closer) {
    await closer.call('closeChannel', {label});
    await Promise.all(this.#ends.map((end) => end.closed(label)));
  }

  // First one channel, by the end that made it, then the connection, by either.
  async close(closer) {
    this.step = 'close of a channel';
    await this.#closeChannel('second', this.answerer);
    const other = closer === this.offerer ? this.answerer : this.offerer;
    const told = !this.#cannot(closer).sayGoodbye &&
      !this.#cannot(other).hearGoodbye;
    if (!told) {
      await this.#closeChannel('first',
        this.#cannot(closer).sayGoodbye ? other : closer);
    }
    this.step = 'close of the connection';
    await closer.call('close');
    if (told) await other.closed('first');
  }
}

// Runs a cell. Gives {passed} or {passed: false, step, error}.
//
// `facts` has, by the names of the ends, what stacks.mjs says of their stacks;
// `closer` is the end that closes the connection.
export async function runCell({closer, ...ends}) {
  const cell = new Cell(ends);
  try {
    await cell.connect();
    await cell.exchange();
    await cell.restartIce();
    await cell.close(closer);
    return {passed: true};
  } catch (error) {
    return {passed: false, step: cell.step, error};
  }
}

// One peer connection in a page: the operations of page.mjs as calls.
import {EventEmitter} from 'node:events';

// What an end refused, with the name of W3C's exception.
export class Refusal extends Error {
  constructor(operation, name, message) {
    super(`${operation}: ${name}: ${message}`);
    this.exception = name;
  }
}

export class BrowserEnd extends EventEmitter {
  static #last = 0;
  name = 'browser';
  #id = ++BrowserEnd.#last;
  #page;

  // `page` is a RemotePage, whose events the caller passes to take().
  static async open(page, settings) {
    const end = new BrowserEnd();
    end.#page = page;
    await page.call('open', {id: end.#id, settings});
    return end;
  }

  // Emits an event of the page if it is this end's.
  take({id, kind, detail}) {
    if (id === this.#id) this.emit(kind, detail);
  }

  async operate(operation, argument) {
    const {value, error} = await this.#page.call('operate',
      {id: this.#id, operation, argument});
    if (error) throw new Refusal(operation, error.name, error.message);
    return value;
  }

  snapshot() {
    return this.operate('snapshot');
  }

  connectionState() {
    return this.operate('connectionState');
  }

  transports() {
    return this.operate('transports');
  }

  received(label) {
    return this.operate('received', {label});
  }

  close() {
    return this.#page.call('close', {id: this.#id});
  }
}

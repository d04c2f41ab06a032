// One end of a connection, whatever carries it: its operations by name, its
// events in an inbox.
//
// Operations and events are those of w3c_peer.mjs; of data channels an end may
// know label and id only. Besides them there is the event fault {message}.
import {Inbox, within} from './deadline.mjs';
import {RemotePage} from './remote_page.mjs';
import {install} from './w3c_peer.mjs';

const CALL_MS = 120_000;
const EVENT_MS = 120_000;

export class End {
  inbox = new Inbox();
  // What happened, in order, for the report of a failure.
  history = [];
  onCandidate = () => {};
  // Whether it takes the empty candidate, which not all stacks know.
  takesEndOfCandidates = false;
  // Makes other descriptions of its own, if given.
  alter;
  #start = performance.now();

  constructor(name) {
    this.name = name;
  }

  push(event) {
    this.#record(event.kind === 'message' ? {
      ...event,
      text: event.text?.slice(0, 20),
      binary: event.binary?.slice(0, 20),
    } : event);
    if (event.kind === 'candidate') {
      this.onCandidate(event.candidate);
    } else if (event.kind === 'fault') {
      this.fail(new Error(event.message));
    } else {
      this.inbox.push(event);
    }
  }

  #record(entry) {
    const at = Math.round(performance.now() - this.#start);
    this.history.push({at, ...entry});
  }

  fail(error) {
    error.message = `${this.name}: ${error.message}`;
    this.inbox.fail(error);
  }

  async call(operation, argument = {}) {
    this.#record({operation, sdp: argument.sdp});
    const what = `${operation} of ${this.name}`;
    try {
      const result = await within(CALL_MS, what,
        this.operate(operation, argument));
      if (!result?.sdp) return result;
      const sdp = this.alter?.(result.sdp) ?? result.sdp;
      this.#record({result: operation, sdp});
      return {...result, sdp};
    } catch (error) {
      if (!error.message.startsWith(what)) {
        error.message = `${what}: ${error.message}`;
      }
      throw error;
    }
  }

  take(kind, matches = () => true) {
    return this.inbox.take(`${kind} at ${this.name}`,
      (event) => event.kind === kind && matches(event), EVENT_MS);
  }

  connected() {
    return this.take('state', ({state}) => state === 'connected');
  }

  async opened(label) {
    const {kind} = await this.inbox.take(`open of ${label} at ${this.name}`,
      (event) => event.label === label && ['open', 'close'].includes(event.kind),
      EVENT_MS);
    if (kind === 'close') {
      throw new Error(`${this.name}: ${label} was closed before it was open`);
    }
  }

  // The id of a channel that the other end has made.
  async announcedId(label) {
    const {id} = await this.take('dataChannel', (event) =>
      event.label === label);
    return id;
  }

  closed(label) {
    return this.take('close', (event) => event.label === label);
  }

  // What ends can tell beyond their events: that all is connected, and that new
  // candidates carry the connection.
  async checkConnected() {}
  async restarted() {}
}

// A page of a browser.
export class PageEnd extends End {
  takesEndOfCandidates = true;
  #page;

  static async open(name, browser, url) {
    const end = new PageEnd(name);
    end.#page = await RemotePage.open(browser, url, install, {
      onEvent: (event) => end.push(event),
      onError: (error) => end.fail(error),
    });
    return end;
  }

  operate(operation, argument) {
    return this.#page.call(operation, argument);
  }

  notes() {
    return '';
  }

  stop() {
    return this.#page.close();
  }
}

// One end of a connection, whatever carries it: its operations by name, its
// events in an inbox.
//
// Operations: open {audio}, createDataChannel {label, ordered}, offer
// {restart}, answer {sdp}, accept {sdp}, addCandidate {candidate, sdpMid,
// sdpMLineIndex}, send {label, messages}, closeChannel {label}, close. offer
// and answer set the local description and return it. A message is {text} or
// {binary} in base64.
//
// Events, by kind: candidate {candidate}, state {state}, dataChannel {label,
// ordered}, open {label}, close {label}, message {label, text or binary}, fault
// {message}. State is W3C's connectionState.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';

import {Inbox, within} from '../js/deadline.mjs';
import {RemotePage} from '../js/remote_page.mjs';
import {install} from './w3c_peer.mjs';

const CALL_MS = 120_000;
const EVENT_MS = 120_000;
const EXIT_MS = 5_000;

export class End {
  inbox = new Inbox();
  // What happened, in order, for the report of a failure.
  history = [];
  onCandidate = () => {};
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

  opened(label) {
    return this.take('open', (event) => event.label === label);
  }

  closed(label) {
    return this.take('close', (event) => event.label === label);
  }

  // What ends can tell beyond their events: that all is connected, and that new
  // candidates carry the connection.
  async checkConnected() {}
  async restarted() {}
}

// A program that takes operations from its standard input and writes results
// and events to its standard output, a line of JSON each.
export class ProcessEnd extends End {
  #process;
  #exited;
  #calls = new Map();
  #errors = '';
  #stopping = false;

  constructor(name, command, args) {
    super(name);
    this.#process = spawn(command, args, {stdio: 'pipe'});
    this.#exited = once(this.#process, 'close').then(([code, signal]) => {
      if (this.#stopping) return;
      const error = new Error(`ended with ${code ?? signal}:\n${this.#errors}`);
      for (const {reject} of this.#calls.values()) reject(error);
      this.fail(error);
    }, (error) => this.fail(error));
    this.#process.stdin.on('error', () => {});
    this.#process.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
    createInterface({input: this.#process.stdout}).on('line', (line) =>
      this.#read(line));
  }

  #read(line) {
    if (!line.startsWith('{')) return;
    const {id, result, error, ...event} = JSON.parse(line);
    if (id === undefined) {
      this.push(event);
      return;
    }
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call.resolve(result);
    else call.reject(new Error(error));
  }

  operate(operation, argument) {
    const id = this.history.length;
    const reply = new Promise((resolve, reject) =>
      this.#calls.set(id, {resolve, reject}));
    this.#process.stdin.write(
      `${JSON.stringify({id, operation, argument})}\n`);
    return reply;
  }

  notes() {
    return this.#errors;
  }

  // It ends when its input does; one that hangs then is ended.
  async stop() {
    this.#stopping = true;
    this.#process.stdin.end();
    try {
      await within(EXIT_MS, 'the end of the process', this.#exited);
    } catch {
      this.#process.kill('SIGKILL');
      await this.#exited;
    }
  }
}

// A page of a browser.
export class PageEnd extends End {
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

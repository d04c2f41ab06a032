// An end that is a program: it takes operations from its standard input and
// writes results and events to its standard output, a line of JSON each.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';

import {within} from '../js/deadline.mjs';
import {End} from '../js/end.mjs';

const EXIT_MS = 5_000;

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
    const message = JSON.parse(line);
    if (message.kind !== undefined) {
      this.push(message);
      return;
    }
    const {id, result, error} = message;
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

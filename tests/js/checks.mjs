// The checks of a suite: each is counted, and shown if it fails.
import {errorInfo} from './error_info.mjs';

const shown = (value) => (value instanceof Error ?
  `${errorInfo(value)?.reason ?? ''} ${value.stack}` : value);

export class Checks {
  #suite;
  #passed = 0;
  #failed = 0;

  constructor(suite) {
    this.#suite = suite;
  }

  // `evidence` is what a reader of the failure wants to see.
  check(name, right, ...evidence) {
    if (right) {
      this.#passed += 1;
    } else {
      this.#failed += 1;
      console.log(`FAILED ${name}`, ...evidence.map(shown));
    }
    return right;
  }

  // Each part, or those that the command line chooses, in turn; then the end.
  async run(parts) {
    const chosen = process.argv.slice(2);
    for (const [name, body] of Object.entries(parts)) {
      if (chosen.length > 0 && !chosen.includes(name)) continue;
      await this.#part(name, () => body(this));
    }
    this.#end();
  }

  // What it throws fails it, and the next goes on.
  async #part(name, body) {
    const start = performance.now();
    try {
      await body();
    } catch (error) {
      this.check(name, false, error);
    }
    const seconds = (performance.now() - start) / 1000;
    console.log(`${name}: ${seconds.toFixed(1)} s`);
  }

  // Ends with "SUITE: N/N checks", and the exit code.
  #end() {
    console.log(`${this.#suite}: ${this.#passed}/` +
      `${this.#passed + this.#failed} checks`);
    process.exitCode = this.#failed > 0 || this.#passed === 0 ? 1 : 0;
  }
}

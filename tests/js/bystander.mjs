// One who uses a server as one should, all the time, whatever others do to it.
import {errorInfo} from './error_info.mjs';

export class Bystander {
  lives = 0;
  failures = [];
  slowestMs = 0;
  #going = true;
  #done;
  #waiting = [];

  // Lives while `body(bystander)` runs; what that gives.
  static async during(client, body, callers) {
    const bystander = new Bystander(client, callers);
    try {
      return await body(bystander);
    } finally {
      await bystander.stop();
    }
  }

  constructor(client, callers = 2) {
    this.client = client;
    this.#done = Promise.all(Array.from({length: callers}, async () => {
      while (this.#going) await this.#live();
    }));
  }

  async #live() {
    const start = performance.now();
    try {
      const {peer: {name}} = await this.client.peer.createPeer(
        {dataChannels: [{label: 'chat'}]});
      await this.client.peer.createOffer({name});
      await this.client.peer.closePeer({name});
    } catch (error) {
      this.failures.push(`${errorInfo(error)?.reason ?? ''} ${error.message}`);
    }
    this.lives += 1;
    this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
    for (const one of this.#waiting.filter(({at}) => at <= this.lives)) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.resolve();
    }
  }

  // Until so many peers more have lived.
  more(lives) {
    return new Promise((resolve) =>
      this.#waiting.push({at: this.lives + lives, resolve}));
  }

  // Its failures; the end of what it does.
  async stop() {
    this.#going = false;
    await this.#done;
    return this.failures;
  }
}

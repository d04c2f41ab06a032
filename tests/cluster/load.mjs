// Callers that make peers, work with them, and close them, one after another.
import {errorInfo} from '../js/error_info.mjs';
import {nodeOf} from './nodes.mjs';

const CALLERS = 12;
const CALLS = 25;

const UNAVAILABLE = 14;

export class Load {
  constructor(client) {
    this.client = client;
    this.done = 0;
    this.calls = 0;
    this.refused = 0;
    this.failures = [];
    this.nodes = [];
    this.going = false;
    this.waiting = [];
  }

  start() {
    this.going = true;
    this.callers = Array.from({length: CALLERS}, async () => {
      while (this.going) await this.#live();
    });
  }

  // Until this many peers more have lived.
  cycles(number) {
    return new Promise((resolve) =>
      this.waiting.push({at: this.done + number, resolve}));
  }

  async stop() {
    this.going = false;
    await Promise.all(this.callers);
    return this;
  }

  // Whether of the last peers one was of this node, in so many a caller.
  saw(node, number) {
    return this.nodes.slice(-number * CALLERS).includes(node);
  }

  // A create that had no effect is repeated, as every caller must.
  async #create() {
    for (;;) {
      try {
        return await this.client.peer.createPeer(
          {dataChannels: [{label: 'chat'}]});
      } catch (error) {
        if (error.code !== UNAVAILABLE) throw error;
        this.refused += 1;
      }
    }
  }

  async #live() {
    try {
      const {peer: {name}} = await this.#create();
      this.nodes.push(nodeOf(name));
      const watch = this.client.watchPeer(name, () => {});
      for (let i = 0; i < CALLS; i += 1) {
        await this.client.peer.createOffer({name});
        this.calls += 1;
      }
      await this.client.peer.closePeer({name});
      await watch.inbox.take('its close', ({closed}) => closed, 60_000);
      watch.call.cancel();
    } catch (error) {
      this.failures.push(errorInfo(error)?.reason ?? error.message);
    }
    this.done += 1;
    for (const one of this.waiting.filter(({at}) => at <= this.done)) {
      this.waiting.splice(this.waiting.indexOf(one), 1);
      one.resolve();
    }
  }
}

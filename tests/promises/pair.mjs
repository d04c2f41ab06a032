// Two peers in one server that connect and talk.
import {setTimeout} from 'node:timers/promises';

import {ParleyEnd} from '../matrix/parley_end.mjs';
import {Signaling} from '../js/signaling.mjs';

const LABEL = 'chat';
// Between messages: traffic of people, not a load.
const PAUSE_MS = 5;

export class Pair {
  // Connected, its channel open at both ends. `options` are fields of
  // CreatePeer.
  static async connect(client, options = {}) {
    const pair = new Pair();
    pair.client = client;
    pair.a = new ParleyEnd('a', client, options);
    pair.b = new ParleyEnd('b', client, options);
    pair.ends = [pair.a, pair.b];
    for (const end of pair.ends) await end.call('open', {audio: false});
    await pair.a.call('createDataChannel', {label: LABEL, ordered: true});
    pair.signaling = new Signaling(pair.a, pair.b);
    await pair.signaling.negotiate();
    await Promise.all(pair.ends.flatMap((end) =>
      [end.connected(), end.opened(LABEL)]));
    return pair;
  }

  // A numbered message each way again and again, one more when the last has
  // arrived, until stop(): then every one has arrived, once and in order, and
  // it says how many.
  traffic() {
    let going = true;
    let rounds = 0;
    let waiting = [];
    const talk = async () => {
      for (; going; rounds += 1) {
        await this.#talkOnce(rounds);
        const due = waiting.filter(({at}) => at <= rounds);
        waiting = waiting.filter(({at}) => at > rounds);
        for (const {resolve} of due) resolve();
        await setTimeout(PAUSE_MS);
      }
    };
    const talking = talk();
    talking.catch(() => {});
    return {
      // Until so many more rounds have gone.
      rounds: (more) => Promise.race([talking, new Promise((resolve) =>
        waiting.push({at: rounds + more, resolve}))]),
      stop: async () => {
        going = false;
        await talking;
        return rounds;
      },
    };
  }

  async #talkOnce(round) {
    await Promise.all([[this.a, this.b], [this.b, this.a]].map(
      async ([from, to]) => {
        const text = `${from.name} ${round}`;
        await from.call('send', {label: LABEL, messages: [{text}]});
        const message = await to.take('message');
        if (message.text !== text) {
          throw new Error(`${to.name} got ${message.text}, not ${text}`);
        }
      }));
  }

  async stop() {
    for (const end of this.ends) await end.stop();
  }
}

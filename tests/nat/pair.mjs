// Two peers, each in a server of its own on a host of the lab, and what is done
// with both.
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {Client, Server} from '../js/parley.mjs';
import {compare, makeMessages} from '../matrix/messages.mjs';
import {ParleyEnd} from '../matrix/parley_end.mjs';
import {Signaling} from '../js/signaling.mjs';
import {inside} from './lab.mjs';

const LABEL = 'chat';
const SIZES = {smallest: 1, largest: 4_096};

// Keeps, besides, the states it was in and the candidates it told.
class HostEnd extends ParleyEnd {
  states = [];
  candidates = [];

  push(event) {
    if (event.candidate?.candidate) {
      this.candidates.push(event.candidate.candidate);
    }
    if (event.kind === 'state') this.states.push(event.state);
    super.push(event);
  }

  reached(state) {
    return this.take('state', (event) => event.state === state);
  }
}

export class Pair {
  // flags: of the servers of a and b, where they have any of their own.
  static async start(lab, configuration, flags = {}) {
    const pair = new Pair();
    pair.lab = lab;
    pair.directory = mkdtempSync(join(tmpdir(), 'parley-nat-'));
    pair.servers = [];
    pair.clients = [];
    try {
      [pair.a, pair.b] = await Promise.all(
        ['a', 'b'].map((host) =>
          pair.#startEnd(host, configuration, flags[host] ?? [])));
    } catch (error) {
      await pair.kill();
      throw error;
    }
    pair.signaling = new Signaling(pair.a, pair.b);
    return pair;
  }

  async #startEnd(host, configuration, flags) {
    const address = `unix:${this.directory}/${host}`;
    const server = await Server.start(address,
      ['--admin-listen=off', '--ipv6=false', '--log-level=warning', ...flags],
      inside(host));
    this.servers.push(server);
    const client = new Client(address);
    this.clients.push(client);
    return new HostEnd(host, client, {configuration});
  }

  negotiate = async () => {
    await this.a.call('open', {audio: false});
    await this.b.call('open', {audio: false});
    await this.a.call('createDataChannel', {label: LABEL, ordered: true});
    await this.signaling.negotiate();
  };

  connect = async () => {
    await this.negotiate();
    await Promise.all([this.a, this.b].flatMap((end) =>
      [end.connected(), end.opened(LABEL)]));
  };

  restart = async () => {
    await this.signaling.negotiate({restart: true});
    await Promise.all([this.a, this.b].map((end) => end.restarted()));
  };

  async #receive(end, count) {
    const received = [];
    while (received.length < count) received.push(await end.take('message'));
    return received;
  }

  #bothWays(work) {
    return Promise.all([[this.a, this.b], [this.b, this.a]].map(
      ([from, to]) => work(from, to)));
  }

  // So many messages each way.
  exchange(count) {
    return this.#bothWays(async (from, to) => {
      const messages = makeMessages(`${from.name}/${count}`, count, SIZES);
      await from.call('send', {label: LABEL, messages});
      compare(`from ${from.name}`, await this.#receive(to, count), messages,
        /*ordered=*/true);
    });
  }

  // A message each way every so often, until it is stopped, which returns when
  // every one of them has arrived, in order.
  traffic() {
    const sent = {a: [], b: []};
    let tick = 0;
    const send = () => {
      for (const end of [this.a, this.b]) {
        const message = {text: `${end.name} ${tick}`};
        sent[end.name].push(message);
        end.call('send', {label: LABEL, messages: [message]}).catch((error) =>
          end.fail(error));
      }
      tick += 1;
    };
    send();
    const timer = setInterval(send, 200);
    return {
      stop: async () => {
        clearInterval(timer);
        await this.#bothWays(async (from, to) =>
          compare(`traffic from ${from.name}`,
            await this.#receive(to, sent[from.name].length), sent[from.name],
            /*ordered=*/true));
      },
    };
  }

  // In order: the peers are closed, the servers end.
  async end() {
    await Promise.all([this.a, this.b].map((end) => end.stop()));
    for (const client of this.clients) client.close();
    await Promise.all(this.servers.map((server) => server.stop()));
    rmSync(this.directory, {recursive: true});
  }

  async kill() {
    for (const client of this.clients) client.close();
    for (const {process} of this.servers) process.kill('SIGKILL');
    await Promise.all(this.servers.map(({exited}) => exited));
    rmSync(this.directory, {recursive: true});
  }
}

// Nodes of parleyd, and a proxy in front of them, each on a loopback address of
// its own, so that all have the ports of their configuration.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {within} from '../js/deadline.mjs';
import {Client, Server} from '../js/parley.mjs';

const configs = fileURLToPath(
  new URL('../../deploy/proxy', import.meta.url));
const PATIENCE_MS = 120_000;

// The node in the name of a peer, or of what is below one.
export const nodeOf = (name) => /^peers\/([^.]+)\./.exec(name)?.[1];
// The header of a call that is about a peer.
export const routed = ({name}) => (name ? {'parley-node': nodeOf(name)} : {});

// A proxy: its file in deploy/proxy, and its command with a copy of that.
const haproxy = {
  name: 'HAProxy',
  config: 'haproxy.cfg',
  command: (file) => ['haproxy', '-db', '-f', file],
};

export class Cluster {
  static async start(nodes, proxy = haproxy) {
    const cluster = new Cluster();
    cluster.addresses = new Map(nodes.map((node, i) =>
      [node, `127.0.0.${11 + i}`]));
    cluster.servers = new Map();
    try {
      for (const node of nodes) await cluster.#launch(node);
      await cluster.#launchProxy(proxy);
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  async #launch(node) {
    const host = this.addresses.get(node);
    this.servers.set(node, await Server.start(`${host}:50051`,
      [`--admin-listen=${host}:50052`, `--node=${node}`,
        '--addresses=127.0.0.1', '--drain-timeout=120s', '--drain-notice=5s',
        '--log-level=warning']));
  }

  async #launchProxy({name, config, command}) {
    this.directory = mkdtempSync(join(tmpdir(), 'parley-cluster-'));
    const file = join(this.directory, config);
    writeFileSync(file, readFileSync(join(configs, config), 'utf8').replaceAll(
      /(parley-\d+)\.parley-nodes/g, (_, node) => this.addresses.get(node)));
    this.address = '127.0.0.1:50050';
    this.log = '';
    const [program, ...args] = command(file, this.directory);
    this.proxy = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe']});
    this.proxyEnded = once(this.proxy, 'exit');
    for (const stream of [this.proxy.stdout, this.proxy.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.log += text;
        this.proxy.emit('line');
      });
    }
    const client = new Client(this.address);
    try {
      await Promise.race([client.ready(), this.proxyEnded.then(([code]) => {
        throw new Error(`it ended with ${code}`);
      })]);
    } catch (error) {
      throw new Error(`${name} did not start: ${error.message}\n${this.log}`);
    } finally {
      client.close();
    }
  }

  // Until the proxy has said, after this much of its log, what is expected.
  async #proxySays(from, expected) {
    const heard = (async () => {
      while (!expected.test(this.log.slice(from))) {
        await once(this.proxy, 'line');
      }
    })();
    await within(PATIENCE_MS, `HAProxy's ${expected}`, heard);
  }

  // Starts a node again; the proxy uses it.
  async start(node) {
    const from = this.log.length;
    await this.#launch(node);
    await this.#proxySays(from, new RegExp(`ready/${node} is UP`));
  }

  // Without a word; the proxy has seen it.
  async kill(node) {
    const from = this.log.length;
    const {process, exited} = this.servers.get(node);
    process.kill('SIGKILL');
    await exited;
    await this.#proxySays(from, new RegExp(`ready/${node} is DOWN`));
  }

  // With its drain; the proxy has seen it. Its exit code, or the signal that
  // ended it.
  async stop(node) {
    const from = this.log.length;
    const {process, exited} = this.servers.get(node);
    process.kill('SIGTERM');
    const [code, signal] = await within(PATIENCE_MS, `the end of ${node}`,
      exited);
    await this.#proxySays(from, new RegExp(`ready/${node} is DOWN`));
    return code ?? signal;
  }

  async end() {
    for (const {process} of this.servers.values()) process.kill('SIGKILL');
    await Promise.all([...this.servers.values()].map(({exited}) => exited));
    this.proxy?.kill('SIGKILL');
    await this.proxyEnded;
    if (this.directory) rmSync(this.directory, {recursive: true});
  }
}

// Two hosts, each behind a NAT of its own, and a public network with a TURN
// server, all in network namespaces within the one this process runs in:
//
//   a 192.168.1.2 -- NAT 198.51.100.11 --\
//                                         link -- public 198.51.100.1 (coturn)
//   b 192.168.2.2 -- NAT 198.51.100.12 --/
//
// The links between a NAT and the public network lose, delay or stop packets as
// they are told.
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

import {Inbox, within} from '../js/deadline.mjs';

const linkProgram = fileURLToPath(new URL('link.py', import.meta.url));
const PATIENCE_MS = 60_000;

export const SERVER = '198.51.100.1';
export const TURN = {username: 'u', credential: 'p'};
const NOBODY = '198.51.100.254';
const REALM = 'lab';
const NUMBERS = {a: 1, b: 2};

function run(...command) {
  execFileSync(command[0], command.slice(1),
    {stdio: ['ignore', 'ignore', 'inherit']});
}
const ip = (...words) => run('ip', ...words);

// A command that runs in a namespace: the words before it.
export const inside = (namespace) =>
  ['nsenter', `--net=/run/netns/${namespace}`, '--'];
const enter = (namespace, ...command) => run(...inside(namespace), ...command);

const forwardPackets = (namespace) =>
  enter(namespace, 'sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward');

const hostAddress = (host) => `192.168.${NUMBERS[host]}.2`;
export const publicAddress = (host, life = 1) =>
  `198.51.100.${10 * life + NUMBERS[host]}`;

// What a NAT does with UDP (RFC 4787). Linux keeps a host's port where it can,
// whatever the destination: a mapping independent of the endpoint. No NAT lets
// in what its host has not sent to, but for the one that gives its host all.
const HOST = 'the address of the host';
const mappings = {
  cone: [['-t', 'nat', '-A', 'POSTROUTING', '-o', 'out', '-j', 'MASQUERADE']],
  symmetric: [
    ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'out', '-p', 'udp',
      '-j', 'MASQUERADE', '--random-fully'],
    ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'out', '-j', 'MASQUERADE']],
  blockUdp: [
    ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'out', '-j', 'MASQUERADE'],
    ['-A', 'FORWARD', '-p', 'udp', '-j', 'DROP']],
  oneToOne: [
    ['-t', 'nat', '-A', 'PREROUTING', '-i', 'out',
      '-j', 'DNAT', '--to-destination', HOST],
    ['-t', 'nat', '-A', 'POSTROUTING', '-o', 'out', '-j', 'MASQUERADE'],
    ['-A', 'FORWARD', '-i', 'out', '-j', 'ACCEPT']],
};
const known = ['-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED'];
const filters = [
  // A packet for the NAT itself must not take a port that its host will want.
  ['-A', 'INPUT', '-i', 'out', '-m', 'conntrack', '!', '--ctstate',
    'ESTABLISHED,RELATED', '-j', 'DROP'],
  ['-A', 'FORWARD', '-i', 'out', ...known, '-j', 'ACCEPT'],
  ['-A', 'FORWARD', '-i', 'out', '-j', 'DROP'],
];

export class Lab {
  // nats: what stands before a and before b, a key of `mappings` each.
  static async start(nats) {
    const lab = new Lab();
    try {
      ip('netns', 'add', 'public');
      ip('-n', 'public', 'link', 'set', 'lo', 'up');
      forwardPackets('public');
      ip('-n', 'public', 'address', 'add', `${SERVER}/32`, 'dev', 'lo');
      lab.#addElsewhere();
      for (const [host, nat] of Object.entries(nats)) lab.#addHost(host, nat);
      await Promise.all([lab.#startLinks(), lab.#startTurn()]);
    } catch (error) {
      await lab.end();
      throw error;
    }
    return lab;
  }

  #processes = [];

  // What the public network sends to other addresses gets lost, as it would. A
  // TURN server that was told of no route would give the allocation up.
  #addElsewhere() {
    ip('-n', 'public', 'link', 'add', 'name', 'elsewhere',
      'type', 'veth', 'peer', 'name', 'nobody');
    for (const device of ['elsewhere', 'nobody']) {
      ip('-n', 'public', 'link', 'set', device, 'up');
    }
    ip('-n', 'public', 'neighbour', 'add', NOBODY, 'lladdr',
      '02:00:00:00:00:01', 'dev', 'elsewhere');
    ip('-n', 'public', 'route', 'add', 'default', 'via', NOBODY,
      'dev', 'elsewhere', 'onlink');
  }

  #addHost(host, nat) {
    const gateway = `nat-${host}`;
    for (const name of [host, gateway]) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    forwardPackets(gateway);
    ip('link', 'add', 'name', 'lan', 'netns', host,
      'type', 'veth', 'peer', 'name', 'in', 'netns', gateway);
    ip('link', 'add', 'name', 'out', 'netns', gateway,
      'type', 'veth', 'peer', 'name', `${host}-near`);
    ip('link', 'add', 'name', `to-${host}`, 'netns', 'public',
      'type', 'veth', 'peer', 'name', `${host}-far`);
    for (const end of ['near', 'far']) ip('link', 'set', `${host}-${end}`, 'up');
    for (const [namespace, device] of [[host, 'lan'], [gateway, 'in'],
      [gateway, 'out'], ['public', `to-${host}`]]) {
      ip('-n', namespace, 'link', 'set', device, 'up');
    }
    ip('-n', gateway, 'address', 'add', `192.168.${NUMBERS[host]}.1/24`,
      'dev', 'in');
    this.#addressHost(host, hostAddress(host));
    this.#addressNat(host, publicAddress(host));
    for (const rule of [...mappings[nat], ...filters]) {
      enter(gateway, 'iptables', '--wait',
        ...rule.map((word) => word === HOST ? hostAddress(host) : word));
    }
  }

  #addressHost(host, address) {
    ip('-n', host, 'address', 'add', `${address}/24`, 'dev', 'lan');
    ip('-n', host, 'route', 'replace', 'default',
      'via', `192.168.${NUMBERS[host]}.1`);
  }

  #addressNat(host, address) {
    const gateway = `nat-${host}`;
    ip('-n', gateway, 'address', 'add', address, 'peer', SERVER, 'dev', 'out');
    ip('-n', gateway, 'route', 'replace', 'default', 'via', SERVER,
      'dev', 'out');
    ip('-n', 'public', 'route', 'add', `${address}/32`,
      'dev', `to-${host}`,
      'src', SERVER);
  }

  // Its lines in an inbox; it fails with the process.
  #launch(command, args, stdin) {
    const process = spawn(command, args, {stdio: [stdin, 'pipe', 'pipe']});
    const lines = new Inbox();
    for (const stream of [process.stdout, process.stderr]) {
      createInterface({input: stream}).on('line', (line) => lines.push(line));
    }
    const exited = once(process, 'exit');
    exited.then(([code, signal]) => lines.fail(
      new Error(`${command} ended with ${code ?? signal}`)), lines.fail);
    this.#processes.push({process, exited});
    return {process, lines};
  }

  async #startLinks() {
    this.links = this.#launch('python3', [linkProgram,
      ...Object.keys(NUMBERS).map((host) => `${host}=${host}-near,${host}-far`)],
    'pipe');
    await this.#linksSay();
  }

  #linksSay() {
    return this.links.lines.take('the links', (line) => line === 'ok',
      PATIENCE_MS);
  }

  async #startTurn() {
    const [command, ...args] = [...inside('public'), 'turnserver', '-n', '-v',
      '--no-cli', '--no-tls', '--no-dtls', '--log-file=stdout', '--simple-log',
      '--pidfile=/run/turnserver.pid', '--userdb=/run/turnserver.db',
      `--listening-ip=${SERVER}`, '--lt-cred-mech', '--fingerprint',
      `--user=${TURN.username}:${TURN.credential}`, `--realm=${REALM}`,
      '--min-port=49200', '--max-port=49400'];
    const {lines} = this.#launch(command, args, 'ignore');
    for (const transport of ['UDP', 'TCP']) {
      await lines.take(`coturn on ${transport}`, (line) =>
        line.includes(`${transport} listener opened on`), PATIENCE_MS);
    }
  }

  // As link.py describes it.
  async link(host, ...words) {
    this.links.process.stdin.write(`${[host, ...words].join(' ')}\n`);
    await this.#linksSay();
  }

  // The host has moved to another address of its network.
  moveHost(host) {
    ip('-n', host, 'address', 'flush', 'dev', 'lan');
    this.#addressHost(host, `192.168.${NUMBERS[host]}.3`);
  }

  // The NAT has another public address, and has forgotten its mappings.
  moveNat(host) {
    ip('-n', `nat-${host}`, 'address', 'flush', 'dev', 'out');
    this.#addressNat(host, publicAddress(host, 2));
  }

  async end() {
    for (const {process} of this.#processes) process.kill('SIGKILL');
    await within(PATIENCE_MS, 'the end of the lab',
      Promise.all(this.#processes.map(({exited}) => exited)));
  }
}

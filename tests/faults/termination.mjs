// SIGTERM while calls are made.
import {errorInfo} from '../js/error_info.mjs';
import {within} from '../js/deadline.mjs';
import {Client, Server} from '../js/parley.mjs';
import {ADDRESS} from '../js/with_server.mjs';

const CALLERS = 16;
const CALLS = 20;
const MS = 60_000;

// Callers, each with a peer that it watches and calls all the time.
class Load {
  calls = 0;
  failures = [];
  deadlines = [];
  closures = [];
  #going = true;
  #done;
  #waiting = [];

  static async start(client) {
    const load = new Load();
    load.client = client;
    const names = await Promise.all(Array.from({length: CALLERS}, async () =>
      (await client.peer.createPeer({dataChannels: [{label: 'chat'}]}))
        .peer.name));
    load.watches = names.map((name) => load.#watch(name));
    load.#done = Promise.all(names.map((name) => load.#work(name)));
    await load.more(CALLERS * CALLS);
    return load;
  }

  #watch(name) {
    const stream = this.client.watchPeer(name, () => {}, (event) => {
      if (event.draining) {
        const {seconds = 0, nanos = 0} = event.draining.deadline;
        this.deadlines.push(seconds * 1000 + nanos / 1e6);
      }
      if (event.closed) this.closures.push(event.closed.reason);
    });
    return new Promise((resolve) => {
      stream.call.on('end', () => resolve(true));
      stream.call.on('error', (error) => resolve(error));
    });
  }

  async #work(name) {
    try {
      while (this.#going) {
        await this.client.peer.createOffer({name});
        await this.client.peer.setLocalDescription({name});
        await this.client.peer.setLocalDescription(
          {name, description: {type: 'SDP_TYPE_ROLLBACK'}});
        this.calls += 3;
        for (const one of this.#waiting.filter(({at}) => at <= this.calls)) {
          this.#waiting.splice(this.#waiting.indexOf(one), 1);
          one.resolve();
        }
      }
      await this.client.peer.closePeer({name});
    } catch (error) {
      this.failures.push({at: Date.now(), error});
    }
  }

  more(calls) {
    return within(MS, 'calls', new Promise((resolve) =>
      this.#waiting.push({at: this.calls + calls, resolve})));
  }

  // No call is made any more; every peer is closed.
  async finish() {
    this.#going = false;
    await this.ended();
  }

  ended() {
    return Promise.all([this.#done, ...this.watches]);
  }
}

async function underLoad(flags, body) {
  const server = await Server.start(ADDRESS, ['--admin-listen=off',
    '--addresses=127.0.0.1', '--log-level=warning', ...flags]);
  const client = new Client(ADDRESS);
  try {
    const load = await Load.start(client);
    server.process.kill('SIGTERM');
    await body(load, server, client);
  } finally {
    client.close();
    server.process.kill('SIGKILL');
    await server.exited;
  }
}

const ending = ({exited}) => within(MS, 'the end of parleyd', exited);

// Callers that end by themselves keep the server only as long as they need it.
async function inTime(checks) {
  await underLoad(['--drain-timeout=1h'], async (load, server, client) => {
    const refusal = await within(MS, 'a refusal', (async () => {
      for (;;) {
        try {
          const {peer: {name}} = await client.peer.createPeer({});
          await client.peer.closePeer({name});
        } catch (error) {
          return errorInfo(error)?.reason;
        }
      }
    })());
    checks.check('new peers are refused', refusal === 'DRAINING', refusal);
    await load.more(CALLERS * CALLS);
    checks.check('every peer is told the deadline',
      load.deadlines.length === CALLERS &&
        load.deadlines.every((at) => at > Date.now()), load.deadlines);
    await load.finish();
    checks.check('no call is cut', load.failures.length === 0,
      load.failures[0]?.error);
    const [code] = await ending(server);
    checks.check('the server ends when its last peer has', code === 0, code);
  });
}

// Callers that go on are cut at the deadline, not before.
async function atTheDeadline(checks) {
  await underLoad(['--drain-timeout=3s'], async (load, server) => {
    const [code] = await ending(server);
    await within(MS, 'the end of the callers', load.ended());
    checks.check('the server ends at its deadline', code === 0, code);
    const [deadline] = load.deadlines;
    const first = Math.min(...load.failures.map(({at}) => at));
    checks.check('no call is cut before the deadline',
      load.failures.length === CALLERS && first >= deadline - 5,
      load.failures.length, first - deadline, load.failures[0]?.error);
    checks.check('peers that are left are told why they close',
      load.closures.length === CALLERS && load.closures.every((reason) =>
        reason === 'CLOSE_REASON_DRAINED'), load.closures);
  });
}

async function twice(checks) {
  await underLoad(['--drain-timeout=1h'], async (load, server) => {
    await load.more(CALLS);
    server.process.kill('SIGTERM');
    const [code, signal] = await ending(server);
    checks.check('a second signal waits for nobody', code === 1, code, signal);
    await within(MS, 'the end of the callers', load.ended());
  });
}

export async function termination(checks) {
  await inTime(checks);
  await atTheDeadline(checks);
  await twice(checks);
}

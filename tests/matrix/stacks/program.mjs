// The frame of an end that is a Node.js program: operations from standard
// input, results and events to standard output, a line of JSON each. Ends with
// its input.
import {createInterface} from 'node:readline';

export const write = (line) =>
  process.stdout.write(`${JSON.stringify(line)}\n`);

export function serve(peer) {
  const input = createInterface({input: process.stdin});
  input.on('line', async (line) => {
    const {id, operation, argument} = JSON.parse(line);
    try {
      write({id, result: (await peer[operation](argument)) ?? null});
    } catch (error) {
      write({id, error: String(error?.message ?? error)});
    }
  });
  // Without destructors, which can take seconds and tell the other end nothing.
  input.on('close', () => process.kill(process.pid, 'SIGKILL'));
}

// A peer that queues its events (js/w3c_peer.mjs).
export async function servePeer(peer) {
  serve(peer);
  for (;;) {
    for (const event of await peer.next()) write(event);
  }
}

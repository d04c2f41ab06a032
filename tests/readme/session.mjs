// Runs the README's session word for word against a server on the port that it
// names. Run by tests/readme/run, inside a network of its own.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

import {Server} from '../js/parley.mjs';

const SESSION_MS = 120_000;

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// The shell blocks of one section, as one script.
function script(markdown, heading) {
  const section = markdown.split(/^## /m).find((s) => s.startsWith(heading));
  if (!section) throw new Error(`the README has no section "${heading}"`);
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)]
    .map(([, block]) => block).join('');
}

// buf prints error details in base64, grpcurl as JSON.
function details(output) {
  return [...output.matchAll(/^ *"value": "([\w+/]+)"$/gm)]
    .map(([, value]) => Buffer.from(value, 'base64').toString('latin1'))
    .join('\n');
}

// What the session is there to show, besides ending well.
const shown = [
  'parley.v1.PeerService',
  'a=ice-ufrag:',
  'PEER_CONNECTION_STATE_CONNECTED',
  '"hello"',
  'PEER_CLOSED',
  'InvalidStateError',
];

async function main() {
  const session =
    script(readFileSync(path('../../README.md'), 'utf8'), 'Five minutes');
  const server = await Server.start('127.0.0.1:50051');
  const {status, signal, stdout} = spawnSync(
    'bash', ['-eu', '-c', `exec 2>&1\n${session}`], {
      encoding: 'utf8',
      timeout: SESSION_MS,
      env: {...process.env, PATH: `${path('bin')}:${process.env.PATH}`},
    });
  await server.stop();
  console.log(stdout);
  const output = stdout + details(stdout);
  const missing = shown.filter((text) => !output.includes(text));
  if (status === 0 && missing.length === 0) {
    console.log(`readme: ${session.split('\n').length} lines, ok`);
    return 0;
  }
  if (status !== 0) console.log(`the session ended with ${status ?? signal}`);
  for (const text of missing) console.log(`the session did not show ${text}`);
  console.log(`parleyd wrote:\n${server.log}`);
  return 1;
}

process.exit(await main());

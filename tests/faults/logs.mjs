// A log that nobody takes: a full disk, a broken one, a pipe that is not read.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, statSync, truncateSync}
  from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {Bystander} from '../js/bystander.mjs';
import {settle} from '../js/process_use.mjs';
import {withServer} from '../js/with_server.mjs';

// At debug each of a peer's three calls is logged: beyond what a pipe (64 KiB)
// and the log's own queue (1 MiB) hold.
const LIVES = 2_500;
const DISK_KIB = 64;
const debug = {flags: ['--log-level=debug']};

// The words that start a program with its standard error as the shell is told;
// $1 is the directory.
const shell = (script, directory) =>
  ['sh', '-c', `${script.replaceAll('$1', directory)}; exec "$@" 2>&3`, 'sh'];

async function serves(checks, name, client, lives) {
  const failures = await Bystander.during(client, async (bystander) => {
    await bystander.more(lives);
    return bystander.failures;
  }, 8);
  checks.check(`${name}: every call is answered`, failures.length === 0,
    failures.slice(0, 3));
}

async function brokenDisk(checks, directory) {
  await withServer({...debug, before: shell('exec 3>/dev/full', directory)},
    ({client}) => serves(checks, 'a disk that takes nothing', client, 300));
}

async function fullDisk(checks, directory) {
  const before = ['unshare', '--mount', ...shell(
    `mount -t tmpfs -o size=${DISK_KIB}k full $1 && exec 3>>$1/log`,
    directory)];
  await withServer({...debug, before}, async ({server, client}) => {
    const log = `/proc/${server.process.pid}/root${directory}/log`;
    await serves(checks, 'a disk that fills up', client, 600);
    const {size} = statSync(log);
    checks.check('the disk is full', size === DISK_KIB * 1024, size);
    // Somebody makes room.
    truncateSync(log);
    const {peer: {name}} = await client.peer.createPeer({});
    const text = await settle(() => readFileSync(log, 'utf8'),
      (text) => text.includes(name));
    checks.check('the log goes on when there is room again',
      text.includes(name), text.slice(0, 500));
  });
}

async function unreadPipe(checks, directory) {
  const path = join(directory, 'pipe');
  const before = shell('mkfifo $1/pipe && exec 3<>$1/pipe', directory);
  await withServer({...debug, before}, async ({client}) => {
    await serves(checks, 'a pipe that nobody reads', client, LIVES);
    const reader = spawn('cat', [path], {stdio: ['ignore', 'pipe', 'inherit']});
    const exited = once(reader, 'exit');
    try {
      let text = '';
      reader.stdout.setEncoding('utf8').on('data', (some) => (text += some));
      await settle(() => text, () => text.includes('log entries dropped'));
      checks.check('who reads it later is told what is missing',
        /log entries dropped count=\d+/.test(text), text.length);
    } finally {
      reader.kill('SIGKILL');
      await exited;
    }
    // It is full again when the server ends.
    await serves(checks, 'and then again', client, 500);
  });
}

export async function logs(checks) {
  for (const part of [brokenDisk, fullDisk, unreadPipe]) {
    const directory = mkdtempSync(join(tmpdir(), 'parley-logs-'));
    try {
      await part(checks, directory);
    } finally {
      rmSync(directory, {recursive: true});
    }
  }
}

// Each fault in turn.
import {Checks} from '../js/checks.mjs';
import {certificates} from './certificates.mjs';
import {descriptors} from './descriptors.mjs';
import {killed} from './killed.mjs';
import {logs} from './logs.mjs';
import {loop} from './loop.mjs';
import {termination} from './termination.mjs';
import {watchers} from './watchers.mjs';

const parts = {killed, watchers, descriptors, logs, certificates, loop,
  termination};

const checks = new Checks('faults');
const chosen = process.argv.slice(2);
for (const [name, body] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  await checks.part(name, () => body(checks));
}
checks.end();

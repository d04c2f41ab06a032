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

await new Checks('faults').run(parts);

// Each attack in turn.
import {Checks} from '../js/checks.mjs';
import {addresses} from './addresses.mjs';
import {connections} from './connections.mjs';
import {floods} from './floods.mjs';
import {messages} from './messages.mjs';
import {tenants} from './tenants.mjs';
import {tokens} from './tokens.mjs';

const parts = {tokens, tenants, messages, floods, connections, addresses};

const checks = new Checks('attacks');
const chosen = process.argv.slice(2);
for (const [name, body] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  await checks.part(name, () => body(checks));
}
checks.end();

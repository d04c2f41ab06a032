// Each attack in turn.
import {Checks} from '../js/checks.mjs';
import {addresses} from './addresses.mjs';
import {connections} from './connections.mjs';
import {floods} from './floods.mjs';
import {messages} from './messages.mjs';
import {tenants} from './tenants.mjs';
import {tokens} from './tokens.mjs';

const parts = {tokens, tenants, messages, floods, connections, addresses};

await new Checks('attacks').run(parts);

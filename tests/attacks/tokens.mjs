// Tokens that are none, or not for this server, or no longer.
import {createHash} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {errorInfo, retryDelay} from '../js/error_info.mjs';
import {Issuer, assemble, hs256, now, signedPart} from '../js/jwt.mjs';
import {Client} from '../js/parley.mjs';
import {settle} from '../js/process_use.mjs';
import {RawConnection, frame} from '../js/raw_call.mjs';
import {methodsOf} from '../js/requests.mjs';
import {ADDRESS} from '../js/with_server.mjs';
import {besieged} from './besieged.mjs';

const USER = 'acme-user-0123456789';
const HIDDEN = 'acme-hidden-0123456789';
const ISSUER = 'https://issuer.test/';
const AUDIENCE = 'parley';
const UNAUTHENTICATED = 16;
const FLOOD = process.env.PARLEY_FULL ? 50_000 : 5_000;
const CALLERS = 16;

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

const fileText = `acme user ${USER}\nacme user sha256:${sha256(HIDDEN)}\n`;

// As much as a token has room for.
const deep = `{"alg":"RS256","exp":${'['.repeat(2_400)}${']'.repeat(2_400)}}`;

const claimsOf = (more = {}) => ({iss: ISSUER, aud: AUDIENCE, exp: now() + 600,
  tenant: 'acme', role: 'user', ...more});

// The authorities whose keys the server has, and one that it never heard of.
class House {
  rsa = new Issuer('RS256');
  ec = new Issuer('ES256');
  listed = new Issuer('ES256');
  strangers = {RS256: new Issuer('RS256'), ES256: new Issuer('ES256')};

  // The flags for a server that takes its tokens; files go to the directory.
  flags(directory) {
    const write = (name, text) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const set = {keys: [this.listed.jwk({kid: 'listed'})]};
    return [`--tokens=${write('tokens', fileText)}`,
      `--jwt-keys=${write('rsa', this.rsa.publicPem)},` +
      `${write('ec', this.ec.publicPem)},` +
      `${write('set', JSON.stringify(set))}`,
      `--jwt-issuer=${ISSUER}`, `--jwt-audience=${AUDIENCE}`];
  }

  good() {
    return {
      'a token of the file': USER,
      'one whose hash is in the file': HIDDEN,
      RS256: this.rsa.token(claimsOf()),
      ES256: this.ec.token(claimsOf()),
      'ES256 with the id of its key':
        this.listed.token(claimsOf(), {kid: 'listed'}),
      'one of several audiences':
        this.rsa.token(claimsOf({aud: ['others', AUDIENCE]})),
    };
  }

  // {what: [header, cause]}
  bad() {
    const bearer = (tokens) => Object.entries(tokens).map(
      ([what, [token, cause]]) => [what, [`Bearer ${token}`, cause]]);
    return Object.fromEntries([
      ['nothing', [undefined, 'missing']],
      ['a password', ['Basic dXNlcjpwYXNz', 'malformed']],
      ['an empty token', ['Bearer ', 'malformed']],
      ...bearer(this.#unknown()), ...bearer(this.#forged()),
      ...bearer(this.#misused())]);
  }

  #unknown() {
    return {
      'a stranger\'s': ['stranger-0123456789', 'unknown'],
      'one letter more': [`${USER}x`, 'unknown'],
      'one letter less': [USER.slice(0, -1), 'unknown'],
      'another case': [USER.toUpperCase(), 'unknown'],
      'two in one': [`${USER},${HIDDEN}`, 'unknown'],
      'the hash in place of the token': [sha256(HIDDEN), 'unknown'],
      'the line of the file': [`sha256:${sha256(HIDDEN)}`, 'unknown'],
      'one of 8,193 bytes': ['x'.repeat(8_193), 'malformed'],
    };
  }

  #forged() {
    const {rsa, ec, listed, strangers} = this;
    const claims = claimsOf();
    const admin = claimsOf({role: 'admin'});
    const [head, , signature] = rsa.token(claims).split('.');
    const part = signedPart({alg: 'ES256'}, claims);
    const unsigned = (alg) => [assemble(signedPart({alg}, claims), ''), null];
    return {
      'no signature, as alg says': unsigned('none'),
      'the same in another case': unsigned('nOnE'),
      'alg none with a signature':
        [rsa.token(claims, {alg: 'none'}), null],
      'no alg': [rsa.token(claims, {alg: undefined}), null],
      'no signature': [assemble(signedPart({alg: 'RS256'}, claims), ''), null],
      'HS256 with the public key':
        [hs256(rsa.publicPem, claims), 'unknown'],
      'HS256 with the public key, without its last end of line':
        [hs256(rsa.publicPem.trim(), claims), 'unknown'],
      'HS256 with the public key of the curve':
        [hs256(ec.publicPem, claims), 'unknown'],
      'RS256 that is HMAC':
        [hs256(rsa.publicPem, claims, {alg: 'RS256'}), 'signature'],
      'RS256 of a stranger': [strangers.RS256.token(claims), 'signature'],
      'ES256 of a stranger': [strangers.ES256.token(claims), 'signature'],
      'the stranger\'s key in the header': [strangers.RS256.token(claims,
        {jwk: strangers.RS256.jwk()}), 'signature'],
      'a place to get the key': [strangers.RS256.token(claims,
        {jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/'}),
      'signature'],
      'the id of a key that is not its own':
        [listed.token(claims, {kid: 'other'}), 'signature'],
      'the id of a key that did not sign it':
        [strangers.ES256.token(claims, {kid: 'listed'}), 'signature'],
      'a file as the id of the key': [strangers.RS256.token(claims,
        {kid: '../../../../dev/null'}), 'signature'],
      'signed, then changed': [[head, signedPart('', admin).slice(1),
        signature].join('.'), 'signature'],
      'an ES256 signature of zeros':
        [assemble(part, Buffer.alloc(64)), 'signature'],
      'an ES256 signature in DER':
        [assemble(part, ec.signature(part, {dsaEncoding: 'der'})), null],
      'half an ES256 signature':
        [assemble(part, ec.signature(part).subarray(0, 32)), null],
      'an ES256 signature as RS256': [ec.token(claims, {alg: 'RS256'}),
        'signature'],
      'RS384': [rsa.token(claims, {alg: 'RS384'}, {hash: 'sha384'}), 'unknown'],
      'what must be understood, and is not':
        [rsa.token(claims, {crit: ['b64'], b64: false}), 'malformed'],
      'a fourth part': [`${rsa.token(claims)}.e30`, null],
      'claims within claims': [rsa.token(deep), 'malformed'],
      'headers within headers':
        [assemble(signedPart(deep, claims), Buffer.alloc(256)), 'malformed'],
    };
  }

  #misused() {
    const {rsa} = this;
    const of = (more, cause) => [rsa.token(claimsOf(more)), cause];
    return {
      'expired': of({exp: now() - 60}, 'expired'),
      'without an end': of({exp: undefined}, 'expired'),
      'an end that is no number': of({exp: 'never'}, 'expired'),
      'an end without end': [rsa.token(
        `{"iss":"${ISSUER}","aud":"${AUDIENCE}","tenant":"acme","exp":1e999}`),
      null],
      'not valid yet': of({nbf: now() + 60}, 'not_yet_valid'),
      'of another issuer': of({iss: 'https://issuer.test'}, 'issuer'),
      'of no issuer': of({iss: undefined}, 'issuer'),
      'for another audience': of({aud: 'others'}, 'audience'),
      'for several others': of({aud: ['others', 'parley2']}, 'audience'),
      'for nobody': of({aud: undefined}, 'audience'),
      'of no tenant': of({tenant: undefined}, 'tenant'),
      'of a tenant that has no name': of({tenant: ''}, 'tenant'),
      'of a tenant with a line break': of({tenant: 'acme\n'}, 'tenant'),
      'of a tenant that is a list': of({tenant: ['acme']}, 'tenant'),
      'of two tenants': [rsa.token(JSON.stringify(claimsOf())
        .replace('{', '{"tenant":"other",')), 'malformed'],
    };
  }
}

const clientOf = (header) => new Client(ADDRESS, () =>
  (header === undefined ? {} : {authorization: header}));

// What GetPool says to who sends this header.
async function asked(header) {
  const client = clientOf(header);
  try {
    return {tenant: (await client.pool.getPool()).pool.tenant};
  } catch (error) {
    return {code: error.code, ...errorInfo(error), message: error.message,
      again: retryDelay(error)};
  } finally {
    client.close();
  }
}

async function everyToken(checks, house) {
  for (const [what, token] of Object.entries(house.good())) {
    const {tenant, ...refusal} = await asked(`Bearer ${token}`);
    checks.check(`${what} is taken`, tenant?.name === 'acme' && !tenant.admin,
      tenant, refusal);
  }
  for (const [what, [header, cause]] of Object.entries(house.bad())) {
    const {code, reason, metadata, message} = await asked(header);
    checks.check(`${what}: refused`, code === UNAUTHENTICATED &&
      reason === 'TOKEN' && [null, metadata.cause].includes(cause),
    code, reason, metadata, message);
    checks.check(`${what}: and not repeated`, !message?.includes(USER) &&
      !message?.includes(header?.slice(7) || 'Bearer x'), message);
  }
}

// A stranger gets the same from each method.
async function everyMethod(checks, client, house) {
  const it = {peer: 'peers/local.x', channel: 'peers/local.x/dataChannels/y',
    transceiver: 'peers/local.x/transceivers/y', certificate: 'certificates/z',
    offer: 'v=0\r\n', pem: {}, create: {}};
  const connection = new RawConnection(ADDRESS);
  try {
    const token = house.strangers.ES256.token(claimsOf({role: 'admin'}));
    for (const {name, path, serialize} of methodsOf(client)) {
      const {status, message, body} = await connection.call(path,
        frame(serialize(it)), {authorization: `Bearer ${token}`});
      checks.check(`${name} asks who calls`, status === UNAUTHENTICATED &&
        body.length === 0, status, message);
    }
  } finally {
    connection.close();
  }
}

// It is known from its first use, and all the same ends when it says.
async function itsEnd(checks, house) {
  const header = `Bearer ${house.ec.token(claimsOf({exp: now() - 25}))}`;
  const first = await asked(header);
  checks.check('clocks may be 30 s apart', first.tenant?.name === 'acme',
    first);
  const last = await settle(() => asked(header),
    ({code}) => code !== undefined);
  checks.check('a token that was taken ends in time',
    last.code === UNAUTHENTICATED && last.metadata.cause === 'expired', last);
}

// Somebody tries one after the other, from the address of those who mean well.
async function flood(checks, house) {
  const answers = new Map();
  let wrong;
  let left = FLOOD;
  const client = new Client(ADDRESS, () => ({authorization: left % 2 ?
    `Bearer guess-${left}-0123456789` :
    `Bearer ${house.strangers.ES256.token(claimsOf({jti: left}))}`}));
  try {
    await Promise.all(Array.from({length: CALLERS}, async () => {
      while (left-- > 0) {
        const error = await client.pool.getPool().catch((failure) => failure);
        const reason = errorInfo(error)?.reason;
        answers.set(reason, (answers.get(reason) ?? 0) + 1);
        if (reason === 'RATE' && !(retryDelay(error) > 0)) wrong = error;
      }
    }));
  } finally {
    client.close();
  }
  checks.check('who guesses is soon refused unread', !wrong &&
    answers.get('RATE') > 0 &&
    answers.get('RATE') + answers.get('TOKEN') === FLOOD, answers, wrong);
  const late = await asked(`Bearer ${HIDDEN}`);
  checks.check('a token that is known is taken all the same',
    late.tenant?.name === 'acme', late);
}

export async function tokens(checks) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-tokens-'));
  try {
    const house = new House();
    const setting = {flags: house.flags(directory),
      headers: {authorization: `Bearer ${USER}`}};
    await besieged(checks, 'tokens', setting, async ({client}) => {
      await everyToken(checks, house);
      await everyMethod(checks, client, house);
      await itsEnd(checks, house);
      await flood(checks, house);
    });
  } finally {
    rmSync(directory, {recursive: true});
  }
}

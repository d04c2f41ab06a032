// JSON Web Tokens (RFC 7519), right ones and such as nobody should take.
import {createHmac, generateKeyPairSync, sign} from 'node:crypto';

const encode = (value) => Buffer.from(
  typeof value === 'string' || Buffer.isBuffer(value) ? value :
    JSON.stringify(value)).toString('base64url');

export const now = () => Math.floor(Date.now() / 1000);

// What the signature is made of.
export const signedPart = (header, claims) =>
  `${encode(header)}.${encode(claims)}`;

// A token of these parts; the signature in bytes.
export const assemble = (part, signature) => `${part}.${encode(signature)}`;

// Signed with a secret that both ends have.
export function hs256(secret, claims, header = {alg: 'HS256'}) {
  const part = signedPart(header, claims);
  return assemble(part, createHmac('sha256', secret).update(part).digest());
}

// Who signs with a key of its own: RS256 or ES256.
export class Issuer {
  constructor(algorithm) {
    this.algorithm = algorithm;
    Object.assign(this, algorithm === 'RS256' ?
      generateKeyPairSync('rsa', {modulusLength: 2048}) :
      generateKeyPairSync('ec', {namedCurve: 'P-256'}));
    this.publicPem = this.publicKey.export({type: 'spki', format: 'pem'});
  }

  // As an entry of a JWK set.
  jwk(more = {}) {
    return {...this.publicKey.export({format: 'jwk'}), ...more};
  }

  signature(part, {hash = 'sha256', dsaEncoding = 'ieee-p1363'} = {}) {
    return sign(hash, Buffer.from(part), {key: this.privateKey, dsaEncoding});
  }

  token(claims, header = {}, options = {}) {
    const part = signedPart({alg: this.algorithm, ...header}, claims);
    return assemble(part, this.signature(part, options));
  }
}

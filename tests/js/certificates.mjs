// Certificates in PEM form, made by the openssl program.
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

function openssl(...words) {
  execFileSync('openssl', words, {stdio: ['ignore', 'ignore', 'pipe']});
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
  '-nodes', '-days', '2'];

function inDirectory(body) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-certificates-'));
  try {
    return body((name) => join(directory, name));
  } finally {
    rmSync(directory, {recursive: true});
  }
}

const read = (path) => readFileSync(path, 'utf8');

// As ImportCertificate takes it.
export function selfSigned() {
  return inDirectory((at) => {
    openssl('req', '-x509', ...newKey, '-subj', '/CN=peer', '-keyout',
      at('key'), '-out', at('certificate'));
    return {certificatePem: read(at('certificate')),
      privateKeyPem: read(at('key'))};
  });
}

// Gives certificates to 127.0.0.1 and localhost; its files are in `directory`.
export class Authority {
  #directory;
  #serial = 0x1000;

  constructor(directory) {
    this.#directory = directory;
    openssl('req', '-x509', ...newKey, '-subj', '/CN=authority', '-keyout',
      this.#at('ca.key'), '-out', this.#at('ca.pem'));
    this.certificatePem = read(this.#at('ca.pem'));
  }

  #at(name) {
    return join(this.#directory, name);
  }

  // {certificatePem, privateKeyPem, serialNumber} of a new one.
  issue({name = 'localhost', days = 2} = {}) {
    this.#serial += 1;
    openssl('req', '-x509', '-CA', this.#at('ca.pem'), '-CAkey',
      this.#at('ca.key'), ...newKey, '-days', String(days), '-subj',
      `/CN=${name}`, '-set_serial', String(this.#serial), '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1', '-addext',
      'basicConstraints=critical,CA:FALSE', '-keyout', this.#at('issued.key'),
      '-out', this.#at('issued.pem'));
    return {
      certificatePem: read(this.#at('issued.pem')),
      privateKeyPem: read(this.#at('issued.key')),
      serialNumber: this.#serial.toString(16).toUpperCase(),
    };
  }
}

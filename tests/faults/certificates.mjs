// TLS certificates that change while the server serves.
import {mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync}
  from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import tls from 'node:tls';

import grpc from '@grpc/grpc-js';

import {Bystander} from '../js/bystander.mjs';
import {Authority} from '../js/certificates.mjs';
import {Client} from '../js/parley.mjs';
import {settle} from '../js/process_use.mjs';
import {ADDRESS, withServer} from '../js/with_server.mjs';

// The serial number of the certificate that a new connection is shown.
function shown(ca) {
  const [host, port] = ADDRESS.split(':');
  return new Promise((resolve, reject) => {
    const socket = tls.connect(
      {host, port, ca, servername: 'localhost', ALPNProtocols: ['h2']}, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    socket.on('error', reject);
  });
}

class Files {
  constructor(directory) {
    this.certificate = join(directory, 'certificate.pem');
    this.key = join(directory, 'key.pem');
  }

  // Each file at once, the two one after the other, as tools do.
  put({certificatePem, privateKeyPem}) {
    for (const [path, text] of [
      [this.key, privateKeyPem], [this.certificate, certificatePem]]) {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    }
  }
}

const serialOf = (ca, issued) => settle(() => shown(ca),
  (serial) => serial === issued.serialNumber);

// How often the server has told that it leaves its files aside.
const refusals = ({log}) => log.split('cannot be used').length - 1;

// The certificate shown when it has told so once more. It looks at the files
// when somebody connects.
async function shownWithout(server, ca, put) {
  const before = refusals(server);
  put();
  let serial;
  const after = await settle(async () => {
    serial = await shown(ca);
    return refusals(server);
  }, (times) => times > before);
  return after > before ? serial : 'nothing told';
}

async function change(checks, files, authority, {client, server}, bystander) {
  const ca = authority.certificatePem;
  const {peer: {name}} = await client.peer.createPeer({});
  const watch = client.watchPeer(name, () => {});
  let issued = authority.issue();
  files.put(issued);
  checks.check('a new certificate is shown',
    await serialOf(ca, issued) === issued.serialNumber);

  const broken = {
    'text that is no certificate': () => files.put({
      certificatePem: 'nonsense', privateKeyPem: 'nonsense'}),
    'the key of another': () => files.put({...authority.issue(),
      privateKeyPem: issued.privateKeyPem}),
    'empty files': () => files.put({certificatePem: '', privateKeyPem: ''}),
    'files that are gone': () =>
      [files.certificate, files.key].forEach((path) => unlinkSync(path)),
  };
  for (const [what, put] of Object.entries(broken)) {
    const serial = await shownWithout(server, ca, put);
    checks.check(`${what}: the last good certificate is shown`,
      serial === issued.serialNumber, serial);
  }
  issued = authority.issue();
  files.put(issued);
  checks.check('then a good one again',
    await serialOf(ca, issued) === issued.serialNumber);
  const fresh = new Client(ADDRESS, undefined,
    grpc.credentials.createSsl(Buffer.from(ca)));
  try {
    await fresh.peer.closePeer({name});
  } finally {
    fresh.close();
  }
  checks.check('a stream from before is still there',
    Boolean(await watch.inbox.take('the close', ({closed}) => closed)));
  checks.check('no call failed all the time',
    bystander.failures.length === 0 && bystander.lives > 10,
    bystander.failures.slice(0, 3));
}

export async function certificates(checks) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-tls-'));
  try {
    const authority = new Authority(directory);
    const files = new Files(directory);
    files.put(authority.issue());
    const credentials =
      grpc.credentials.createSsl(Buffer.from(authority.certificatePem));
    await withServer({credentials, flags: ['--log-level=warning',
      `--tls-certificate=${files.certificate}`, `--tls-key=${files.key}`]},
    (both) => Bystander.during(both.client, (bystander) =>
      change(checks, files, authority, both, bystander)));
  } finally {
    rmSync(directory, {recursive: true});
  }
}

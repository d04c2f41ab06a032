// gRPC's wire made by hand, for what no library of gRPC would send: frames are
// bytes, and streams can be left half done.
import http2 from 'node:http2';

import {within} from './deadline.mjs';

const CALL_MS = 20_000;

// A message with its prefix; flag 1 says that it is compressed.
export function frame(message, {flag = 0, length = message.length} = {}) {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag, 0);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

// The messages of whole frames, as `deserialize` reads them.
export class Unframed {
  #rest = Buffer.alloc(0);

  constructor(deserialize) {
    this.deserialize = deserialize;
  }

  take(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages = [];
    while (this.#rest.length >= 5) {
      const end = 5 + this.#rest.readUInt32BE(1);
      if (this.#rest.length < end) break;
      messages.push(this.deserialize(this.#rest.subarray(5, end)));
      this.#rest = this.#rest.subarray(end);
    }
    return messages;
  }
}

export class RawConnection {
  // Failures of the whole connection are in `failure`; it ends with `closed`.
  constructor(address, options = {}) {
    this.session = http2.connect(`http://${address}`, options);
    this.closed = new Promise((resolve) => this.session.on('close', resolve));
    this.session.on('error', (error) => (this.failure = error));
    this.opened = new Promise((resolve, reject) => {
      this.session.on('remoteSettings', resolve);
      this.session.on('error', reject);
      this.session.on('close', () => reject(new Error('closed')));
    });
    this.opened.catch(() => {});
  }

  // A stream of HTTP/2, its headers sent. Nothing is read of it before somebody
  // asks.
  stream(path, headers = {}) {
    const stream = this.session.request({
      ':method': 'POST', ':path': path, 'content-type': 'application/grpc',
      te: 'trailers', ...headers});
    // Who is interested listens as well.
    stream.on('error', () => {});
    return stream;
  }

  // A call with these bytes as its request: {status, message, reason, body}, or
  // {error} where the server answered by other means.
  call(path, bytes, headers = {}, ms = CALL_MS) {
    return within(ms, path, new Promise((resolve) => {
      const stream = this.stream(path, headers);
      const chunks = [];
      let trailers = {};
      let httpStatus;
      const take = (fields) => {
        if (fields['grpc-status'] !== undefined) trailers = fields;
        else if (fields[':status'] > 200) httpStatus ??= fields[':status'];
      };
      stream.on('response', take);
      stream.on('trailers', take);
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('close', () => resolve({
        status: trailers['grpc-status'] === undefined ?
          undefined : Number(trailers['grpc-status']),
        httpStatus,
        message: decodeURIComponent(trailers['grpc-message'] ?? ''),
        details: trailers['grpc-status-details-bin'],
        body: Buffer.concat(chunks),
        reset: stream.rstCode,
      }));
      stream.end(bytes);
    }));
  }

  close() {
    this.session.destroy();
  }
}

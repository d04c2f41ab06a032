// A STUN and TURN server (RFC 8489, RFC 8656) that sends everybody to another
// one: "300 Try Alternate".
import dgram from 'node:dgram';
import net from 'node:net';
import {once} from 'node:events';

const COOKIE = 0x2112A442;
const BINDING = 0x0001;
const ALLOCATE = 0x0003;
const ERROR = 0x0110;
const Attribute = {MESSAGE_INTEGRITY: 8, ERROR_CODE: 9, REALM: 0x14,
  NONCE: 0x15, ALTERNATE_SERVER: 0x8023};
// Where it sends them.
export const REDIRECTION_PORT = 80;

function attribute(type, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - value.length % 4) % 4)]);
}

const errorCode = (code, reason) => attribute(Attribute.ERROR_CODE,
  Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]),
    Buffer.from(reason)]));

const address = (host, port) => Buffer.from(
  [0, 1, port >> 8, port & 0xff, ...host.split('.').map(Number)]);

export class RedirectingServer {
  bindings = 0;
  allocations = 0;

  static async start(host, port, target) {
    const server = new RedirectingServer();
    server.target = target;
    server.udp = dgram.createSocket('udp4');
    server.udp.on('message', (packet, from) => {
      const reply = server.#answer(packet);
      if (reply) server.udp.send(reply, from.port, from.address);
    });
    server.udp.bind(port, host);
    server.sockets = new Set();
    server.tcp = net.createServer((socket) => {
      server.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (packet) => {
        const reply = server.#answer(packet);
        if (reply) socket.write(reply);
      });
    }).listen(port, host);
    await Promise.all([once(server.udp, 'listening'),
      once(server.tcp, 'listening')]);
    return server;
  }

  // Everything whole in one piece, as libraries send it.
  #answer(packet) {
    if (packet.length < 20 || packet.readUInt32BE(4) !== COOKIE) return null;
    const type = packet.readUInt16BE(0);
    const id = packet.subarray(4, 20);
    const alternate = [errorCode(300, 'Try Alternate'),
      attribute(Attribute.ALTERNATE_SERVER,
        address(this.target, REDIRECTION_PORT))];
    if (type === BINDING) {
      this.bindings += 1;
      return this.#reply(BINDING, id, alternate);
    }
    if (type !== ALLOCATE) return null;
    this.allocations += 1;
    // Every other at once, before anybody has said who he is.
    if (this.allocations % 2) return this.#reply(ALLOCATE, id, alternate);
    return this.#reply(ALLOCATE, id, [errorCode(401, 'Unauthorized'),
      attribute(Attribute.REALM, Buffer.from('lab')),
      attribute(Attribute.NONCE, Buffer.from('nonce'))]);
  }

  #reply(method, id, attributes) {
    const body = Buffer.concat(attributes);
    const head = Buffer.alloc(4);
    head.writeUInt16BE(method | ERROR, 0);
    head.writeUInt16BE(body.length, 2);
    return Buffer.concat([head, id, body]);
  }

  close() {
    this.udp.close();
    this.tcp.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

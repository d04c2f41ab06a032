// Bytes where messages should be.
import {gzipSync} from 'node:zlib';

import {RawConnection, frame} from '../js/raw_call.mjs';
import {codeName} from '../js/requests.mjs';
import {ADDRESS} from '../js/with_server.mjs';
import {besieged} from './besieged.mjs';

const CREATE = '/parley.v1.PeerService/CreatePeer';
const MIB = 1 << 20;
const GARBAGE = 200;

// Numbers that are the same in each run (RFC 1321's would do as well).
function* numbers(seed) {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    yield x >>> 24;
  }
}

function garbage(seed) {
  const source = numbers(seed);
  return Buffer.from({length: 16 + seed}, () => source.next().value);
}

// What gRPC makes of a request that it cannot read, if it is one of our kind of
// methods.
const UNREADABLE = ['INTERNAL', 'UNIMPLEMENTED'];

// What is sent, and the codes it may be answered with.
const attacks = {
  'a message beyond the maximum': {
    bytes: () => frame(Buffer.alloc(40 * MIB)), codes: ['RESOURCE_EXHAUSTED']},
  'a length of 4 GiB, and nothing behind it': {
    bytes: () => frame(Buffer.alloc(10), {length: 0xFFFFFFFF}),
    codes: [...UNREADABLE, 'RESOURCE_EXHAUSTED']},
  'a message that ends too early': {
    bytes: () => frame(Buffer.alloc(10), {length: 100}), codes: UNREADABLE},
  'half a prefix': {bytes: () => Buffer.alloc(3), codes: UNREADABLE},
  'no message': {bytes: () => Buffer.alloc(0), codes: UNREADABLE},
  'groups within groups, a million deep': {
    bytes: () => frame(Buffer.alloc(MIB, 0x0b)), codes: UNREADABLE},
  'a length that runs out of the message': {
    bytes: () => frame(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f])),
    codes: UNREADABLE},
  'text that is not UTF-8': {
    bytes: () => frame(Buffer.from([0x7a, 2, 0xc3, 0x28])),
    codes: UNREADABLE},
  'a flag that says compressed, and is not': {
    bytes: () => frame(Buffer.alloc(10), {flag: 1}), codes: UNREADABLE},
  'a flag that there is not': {
    bytes: () => frame(Buffer.alloc(10), {flag: 0x55})},
  'a gigabyte of zeros in a megabyte': {
    bytes: () => frame(gzipSync(Buffer.alloc(1024 * MIB)), {flag: 1}),
    headers: {'grpc-encoding': 'gzip'}, codes: ['UNIMPLEMENTED']},
  'an encoding that there is not': {
    bytes: () => frame(Buffer.alloc(10), {flag: 1}),
    headers: {'grpc-encoding': 'nonsense'}, codes: ['UNIMPLEMENTED']},
  'a method that there is not': {
    path: '/parley.v1.PeerService/Nonsense',
    bytes: () => frame(Buffer.alloc(0)),
    codes: ['UNIMPLEMENTED']},
  'a header of 32 KiB': {
    bytes: () => frame(Buffer.alloc(0)),
    headers: {'x-nonsense': 'x'.repeat(32 << 10)}},
  'a deadline that is none': {
    bytes: () => frame(Buffer.alloc(0)),
    headers: {'grpc-timeout': '99999999999999999999H'}},
};

// Of a connection of its own: some make the server end theirs.
async function send({path = CREATE, bytes, headers}) {
  const connection = new RawConnection(ADDRESS);
  try {
    const {status, httpStatus, reset} =
      await connection.call(path, bytes(), headers, 60_000);
    return status === undefined ? `HTTP ${httpStatus}, reset ${reset}` :
      codeName(status);
  } finally {
    connection.close();
  }
}

export async function messages(checks) {
  await besieged(checks, 'messages', {}, async ({client}) => {
    for (const [name, attack] of Object.entries(attacks)) {
      const code = await send(attack);
      checks.check(name, attack.codes?.includes(code) ??
        code !== 'DEADLINE_EXCEEDED', code);
    }
    // To every method alike: it is read before anybody looks at it.
    const paths = Object.values(client.stubs).flatMap((stub) =>
      Object.values(stub.constructor.service).map(({path}) => path));
    const connection = new RawConnection(ADDRESS);
    try {
      const codes = new Map();
      for (let i = 0; i < GARBAGE; i += 1) {
        const {status} = await connection.call(paths[i % paths.length],
          frame(garbage(i)));
        codes.set(codeName(status), (codes.get(codeName(status)) ?? 0) + 1);
      }
      checks.check('garbage is refused, whatever the method',
        !codes.has('undefined') && UNREADABLE.reduce((sum, code) =>
          sum + (codes.get(code) ?? 0), 0) > GARBAGE * 0.9, codes);
    } finally {
      connection.close();
    }
  });
}

// What crosses a channel in each direction: text beyond ASCII, binary with
// every byte, and of both the empty message, which is a message too.
import {randomBytes} from 'node:crypto';

const everyByte = Buffer.from(Array.from({length: 256}, (_, i) => i));

export const samples = [
  {text: 'hello'},
  {text: 'naïve ☃ 𝄞'},
  {text: ''},
  {binary: everyByte},
  {binary: Buffer.alloc(0)},
  {binary: randomBytes(65_536)},
];

// The message as the page takes it, with binary in base64.
export function forPage(label, {text, binary}) {
  return {label, messages: [binary === undefined
    ? {text} : {binary: binary.toString('base64')}]};
}

// Both forms, the page's and the API's, made one to compare.
export function describe({text, binary}) {
  if (binary === undefined || binary === null) return `text ${text}`;
  const bytes = typeof binary === 'string'
    ? Buffer.from(binary, 'base64')
    : Buffer.from(binary);
  return `binary ${bytes.toString('base64')}`;
}

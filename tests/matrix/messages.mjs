// What crosses a channel: text and binary of many sizes, the same in every run,
// so that a message can be told from every other one.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';

// Bytes that look random and follow from the seed.
function bytes(seed, length) {
  const blocks = [];
  for (let i = 0; i * 32 < length; i++) {
    blocks.push(createHash('sha256').update(`${seed}/${i}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

// Characters of one to four bytes in UTF-8, exactly `length` bytes together.
function text(seed, length) {
  const characters = ['p', 'é', '☃', '𝄞'];
  let out = '';
  let left = length;
  for (const byte of bytes(seed, length)) {
    const width = Math.min(byte % 4 + 1, left);
    if (width === 0) break;
    out += characters[width - 1];
    left -= width;
  }
  return out;
}

// Around what is special on the way: nothing, one packet, many packets.
const sizes = [0, 1, 2, 255, 256, 1_150, 1_200, 1_201, 4_096, 16_383, 16_384];

// `count` messages, as often text as binary; the last of each kind is as large
// as can be. Binary is in base64, as all ends take and give it.
export function makeMessages(seed, count, {smallest, largest}) {
  return Array.from({length: count}, (_, index) => {
    const last = index >= count - 2;
    const wanted = last ? largest : sizes[(index >> 1) % sizes.length];
    const length = Math.max(smallest, Math.min(largest, wanted));
    const own = `${seed}/${index}`;
    return index % 2 === 0
      ? {text: text(own, length)}
      : {binary: bytes(own, length).toString('base64')};
  });
}

function show({text: characters, binary}) {
  const data = characters === undefined
    ? Buffer.from(binary, 'base64') : Buffer.from(characters);
  const hash = createHash('sha256').update(data).digest('hex').slice(0, 12);
  return `${characters === undefined ? 'binary' : 'text'} of ` +
    `${data.length} bytes ${hash}`;
}

// All arrived as they were sent, and in order unless it was not asked for.
export function compare(what, received, sent, ordered) {
  const arrange = (messages) => {
    const shown = messages.map(show);
    return ordered ? shown : shown.sort();
  };
  assert.deepEqual(arrange(received), arrange(sent), what);
}

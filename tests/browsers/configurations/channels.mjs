// Data channels: before and after media, of every kind, closed and opened.
import {configuration, connected, exchange, first, round, second} from
  '../steps.mjs';

const options = {
  'unordered': {ordered: false},
  'at most three retransmissions': {maxRetransmits: 3},
  'unordered, never sent again': {ordered: false, maxRetransmits: 0},
  'at most half a second': {maxPacketLifeTime: 500},
  'with a protocol': {protocol: 'chat.example'},
};

export const configurations = [
  ...Object.entries(options).map(([name, init]) =>
    configuration(`channels: ${name}`, {},
      first.createDataChannel({label: 'data', ...init}), round('first'))),

  configuration('channels: negotiated by both', {},
    first.createDataChannel({label: 'data', negotiated: true, id: 7}),
    second.createDataChannel({label: 'data', negotiated: true, id: 7}),
    round('first')),

  configuration('channels: five at once', {},
    ['a', 'b', 'c', 'd', 'e'].map((label) => first.createDataChannel({label})),
    round('first')),

  configuration('channels: by both ends at once', {},
    first.createDataChannel({label: 'one'}),
    second.createDataChannel({label: 'two'}), round('first')),

  configuration('channels: after media', {},
    first.addTransceiver({kind: 'audio'}), round('first'), connected,
    first.createDataChannel({label: 'data'}), round('first')),

  configuration('channels: after media, by the other end', {},
    first.addTransceiver({kind: 'audio'}), round('first'), connected,
    second.createDataChannel({label: 'data'}), round('second')),

  configuration('channels: more without negotiation', {},
    first.createDataChannel({label: 'one'}), round('first'), exchange,
    first.createDataChannel({label: 'two'}),
    second.createDataChannel({label: 'three'}), exchange),

  configuration('channels: closed, and another opened', {},
    first.createDataChannel({label: 'one'}), round('first'), exchange,
    first.closeDataChannel({label: 'one'}), second.seesClosed('one'),
    first.seesClosed('one'),
    second.createDataChannel({label: 'two'}), exchange),

  configuration('channels: through later rounds and a restart', {},
    first.createDataChannel({label: 'data'}), round('first'), exchange,
    second.addTransceiver({kind: 'audio'}), round('second'), exchange,
    first.restartIce(), round('first'), exchange),
];

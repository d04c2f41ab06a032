// Several encodings of one track, by rids (RFC 8853).
import {configuration, first, round, second} from '../steps.mjs';

const simulcast = (rids, more) =>
  first.addTransceiver({kind: 'video', rids, ...more});

export const configurations = [
  configuration('simulcast: two encodings', {},
    simulcast(['h', 'l']), round('first')),
  configuration('simulcast: three encodings, only sent', {},
    simulcast(['h', 'm', 'l'], {direction: 'sendonly'}), round('first')),
  configuration('simulcast: one encoding with a rid', {},
    simulcast(['only']), round('first')),
  configuration('simulcast: beside plain sections and data', {},
    first.addTransceiver({kind: 'audio'}),
    first.addTransceiver({kind: 'video'}),
    simulcast(['a', 'b', 'c']),
    first.createDataChannel({label: 'data'}),
    round('first')),
  configuration('simulcast: kept over later rounds by either end', {},
    simulcast(['h', 'm', 'l']), round('first'), round('second'),
    first.addTransceiver({kind: 'audio'}), round('first'), round('second')),
  configuration('simulcast: stopped sending and resumed', {},
    simulcast(['h', 'l'], {direction: 'sendonly'}), round('first'),
    first.setDirection({transceiver: 0, direction: 'inactive'}),
    round('first'),
    first.setDirection({transceiver: 0, direction: 'sendonly'}),
    round('first')),
  configuration('simulcast: with one codec', {},
    simulcast(['h', 'l'], {codecs: ['VP8']}), round('first')),
  configuration('simulcast: two sections with it', {},
    simulcast(['h', 'l']), simulcast(['h', 'm', 'l']), round('first'),
    second.addTransceiver({kind: 'video'}), round('second')),
];

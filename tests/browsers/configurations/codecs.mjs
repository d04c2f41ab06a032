// Codecs and header extensions: chosen by one end or both, and changed later.
import {configuration, first, round, second} from '../steps.mjs';

const codecs = {
  audio: ['opus', 'G722', 'PCMU', 'PCMA'],
  video: ['VP8', 'VP9', 'H264', 'AV1'],
};
const all = Object.entries(codecs).flatMap(([kind, names]) =>
  names.map((codec) => ({kind, codec, needs: {[kind]: [codec]}})));

const withoutExtensions = (sdp) =>
  sdp.replace(/^a=extmap:.*\r\n/gm, '');
const withoutFeedback = (sdp) => sdp.replace(/^a=rtcp-fb:.*\r\n/gm, '');
const withoutRetransmission = (sdp) => {
  const types = [...sdp.matchAll(/^a=rtpmap:(\d+) rtx\/90000\r$/gm)]
    .map(([, type]) => type);
  return sdp
    .replace(new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):(${types.join('|')}) .*\r\n`,
      'gm'), '')
    .replace(/^m=video .*$/gm, (line) => line.split(' ')
      .filter((word) => !types.includes(word)).join(' '));
};

const media = [first.addTransceiver({kind: 'audio'}),
  first.addTransceiver({kind: 'video'})];

export const configurations = [
  ...all.map(({kind, codec, needs}) =>
    configuration(`codecs: only ${codec} offered`, {needs},
      first.addTransceiver({kind, codecs: [codec]}), round('first'))),

  ...all.map(({kind, codec, needs}) =>
    configuration(`codecs: only ${codec} answered`, {needs},
      first.addTransceiver({kind}), first.offers(),
      second.setCodecPreferences({transceiver: 0, codecs: [codec]}),
      second.answers())),

  configuration('codecs: VP9 before VP8, answered VP8 before VP9', {},
    first.addTransceiver({kind: 'video', codecs: ['VP9', 'VP8']}),
    first.offers(),
    second.setCodecPreferences({transceiver: 0, codecs: ['VP8', 'VP9']}),
    second.answers()),

  configuration('codecs: another for each section', {},
    first.addTransceiver({kind: 'audio', codecs: ['opus']}),
    first.addTransceiver({kind: 'audio', codecs: ['PCMU', 'PCMA']}),
    first.addTransceiver({kind: 'video', codecs: ['VP8']}),
    first.addTransceiver({kind: 'video', codecs: ['VP9']}),
    round('first')),

  configuration('codecs: preferences changed in later rounds', {},
    media, round('first'),
    first.setCodecPreferences({transceiver: 1, codecs: ['VP9']}),
    round('first'),
    first.setCodecPreferences({transceiver: 1, codecs: ['VP8', 'VP9']}),
    second.setCodecPreferences({transceiver: 0, codecs: ['PCMA', 'opus']}),
    round('second'), round('first')),

  configuration('codecs: the answerer has them all, the offerer one, twice',
    {},
    first.addTransceiver({kind: 'audio', codecs: ['PCMU']}),
    round('first'), round('second'), round('first')),

  configuration('codecs: nothing in common, the section is rejected', {},
    first.addTransceiver({kind: 'video'}),
    first.addTransceiver({kind: 'audio', codecs: ['PCMU']}),
    first.offers(),
    second.setCodecPreferences({transceiver: 1, codecs: ['PCMA']}),
    second.answers(),
    first.has({'rejected sections': 1}), second.has({'rejected sections': 1})),

  ...Object.entries({
    'no header extensions': withoutExtensions,
    'no feedback': withoutFeedback,
    'no retransmission': withoutRetransmission,
  }).map(([name, carry]) =>
    configuration(`codecs: ${name} reach the answerer`,
      {carry: {first: carry}}, media, round('first'))),

  configuration('header extensions: few offered or answered',
    {needs: {headerExtensions: true}},
    media,
    [0, 1].map((transceiver) => first.limitsHeaderExtensions({transceiver})),
    first.offers(),
    [0, 1].map((transceiver) => second.limitsHeaderExtensions({transceiver})),
    second.answers(), round('second')),
];

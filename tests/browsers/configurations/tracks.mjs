// addTrack, removeTrack, replaceTrack, and the streams of tracks.
import {configuration, first, round, second} from '../steps.mjs';

const audio = {kind: 'audio'};
const video = {kind: 'video'};

export const configurations = [
  configuration('tracks: added by the first', {},
    first.addTrack(audio), first.addTrack(video), round('first'),
    second.has({'live transceivers': 2})),

  configuration('tracks: added by both, one section each', {},
    first.addTrack({kind: 'audio', streams: ['a']}),
    first.addTrack({kind: 'video', streams: ['a']}),
    second.addTrack({kind: 'audio', streams: ['b']}),
    second.addTrack({kind: 'video', streams: ['b']}),
    round('first'),
    first.has({'live transceivers': 2}), second.has({'live transceivers': 2})),

  configuration('tracks: more at the answerer than the offer has room for', {},
    first.addTrack(audio),
    second.addTrack(audio), second.addTrack(audio), second.addTrack(video),
    round('first', {answer: {needs: 'second'}}), round('second'),
    first.has({sections: 3})),

  configuration('tracks: added by the answerer between offer and answer', {},
    first.addTransceiver({kind: 'audio'}), first.offers(),
    second.addTrack({kind: 'audio', streams: ['s']}), second.answers(),
    second.has({'live transceivers': 1})),

  configuration('tracks: removed and added again', {},
    first.addTrack({kind: 'audio', streams: ['s']}), round('first'),
    first.removeTrack({transceiver: 0}), round('first'),
    first.addTrack({kind: 'audio', streams: ['t']}), round('first')),

  configuration('tracks: removed by the answerer, which offers next', {},
    first.addTrack(audio), second.addTrack(audio), round('first'),
    second.removeTrack({transceiver: 0}), round('second'), round('first')),

  configuration('tracks: replaced, by none and back, without negotiation', {},
    first.addTrack(audio), round('first'),
    first.replaceTrack({transceiver: 0, track: true}),
    first.replaceTrack({transceiver: 0, track: false}),
    first.replaceTrack({transceiver: 0, track: true}),
    round('second'), round('first')),

  configuration('tracks: given to the transceiver that the offer made', {},
    first.addTransceiver({kind: 'video'}), first.offers(),
    second.replaceTrack({transceiver: 0, track: true}),
    second.setDirection({transceiver: 0, direction: 'sendrecv'}),
    second.answers()),

  configuration('streams: none', {},
    first.addTransceiver({kind: 'audio', streams: []}), round('first')),

  configuration('streams: one for both tracks', {},
    first.addTransceiver({kind: 'audio', streams: ['s'], track: true}),
    first.addTransceiver({kind: 'video', streams: ['s'], track: true}),
    round('first')),

  configuration('streams: several for one track', {},
    first.addTransceiver({kind: 'audio', streams: ['s', 't', 'u'],
      track: true}),
    round('first'), round('second')),

  configuration('streams: changed by setStreams', {},
    first.addTransceiver({kind: 'audio', streams: ['s'], track: true}),
    round('first'),
    // Chromium asks once more for streams that it has just offered.
    [['t'], ['t', 'u'], []].map((streams) => [
      first.setStreams({transceiver: 0, streams}),
      round('first', {answer: {needs: 'browser'}}),
    ])),

  configuration('streams: left while nothing is sent, and joined again', {},
    first.addTransceiver({kind: 'audio', streams: ['s'], track: true}),
    round('first'),
    first.setDirection({transceiver: 0, direction: 'recvonly'}),
    round('first'),
    first.setDirection({transceiver: 0, direction: 'sendrecv'}),
    round('first')),

  configuration('streams: the answerer has its own', {},
    first.addTrack({kind: 'audio', streams: ['s']}), first.offers(),
    second.setDirection({transceiver: 0, direction: 'sendrecv'}),
    second.setStreams({transceiver: 0, streams: ['x', 'y']}),
    second.answers(), round('second')),
];

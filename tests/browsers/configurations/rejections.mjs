// Sections that the answer rejects, because no codec is common, those whose
// transceiver is stopped before the answer, which does not reject them (W3C
// RTCRtpTransceiverDirection "stopped"), and descriptions that are refused.
import {configuration, connected, exchange, first, refused, round, second} from
  '../steps.mjs';

const audio = (codec) =>
  first.addTransceiver({kind: 'audio', codecs: [codec]});
const video = first.addTransceiver({kind: 'video'});

// Three sections, of which the second is to be rejected.
const three = [video, audio('PCMU'), audio('opus')];
const withoutPcmu = second.setCodecPreferences(
  {transceiver: 1, codecs: ['PCMA']});
const rejected = [three, first.offers(), withoutPcmu, second.answers()];

const damaged = (exception, damage) => [
  three, first.offers({delivered: false}),
  first.isRefusedByParley(exception, damage), first.delivers(),
  second.answers({delivered: false}),
  second.isRefusedByParley(exception, damage), second.delivers(),
];

export const configurations = [
  configuration('rejected: one of three sections', {},
    rejected,
    first.has({'rejected sections': 1, 'live transceivers': 2}),
    second.has({'rejected sections': 1, 'live transceivers': 2})),

  configuration('rejected: all but the first and the channel', {},
    video, audio('PCMU'), audio('G722'),
    first.createDataChannel({label: 'data'}), first.offers(),
    withoutPcmu,
    second.setCodecPreferences({transceiver: 2, codecs: ['PCMA']}),
    second.answers(), round('second'),
    first.has({sections: 4, 'live transceivers': 1})),

  configuration('rejected: the only section', {idle: true},
    audio('PCMU'), first.offers(),
    second.setCodecPreferences({transceiver: 0, codecs: ['PCMA']}),
    second.answers(),
    first.has({'live transceivers': 0}), second.has({'live transceivers': 0})),

  configuration('rejected: the only section, then another', {},
    audio('PCMU'), first.offers(),
    second.setCodecPreferences({transceiver: 0, codecs: ['PCMA']}),
    second.answers(), audio('opus'), round('first'),
    first.has({sections: 1, 'rejected sections': 0})),

  configuration('rejected: offered again by each end, still rejected', {},
    rejected, round('first'), first.has({'rejected sections': 1}),
    round('second'), second.has({'rejected sections': 1})),

  configuration('rejected: its section used again by the offerer', {},
    rejected, audio('G722'), round('first'),
    first.has({sections: 3, 'rejected sections': 0})),

  configuration('rejected: its section used again by the answerer', {},
    rejected, second.addTransceiver({kind: 'audio'}), round('second'),
    first.has({sections: 3, 'rejected sections': 0})),

  configuration('stopped before the answer: one of three sections', {},
    three, first.offers(), second.stop({transceiver: 1}),
    second.answers({needs: 'second'}),
    first.has({'rejected sections': 0, 'live transceivers': 3}),
    round('second'),
    first.has({'rejected sections': 1, 'live transceivers': 2})),

  configuration('stopped before the answer: the only section', {idle: true},
    video, first.offers(), second.stop({transceiver: 0}),
    second.answers({needs: 'second'}), round('second'),
    first.has({'live transceivers': 0}), second.has({'live transceivers': 0})),

  configuration('stopped before the answer: the offerer offers next', {},
    three, first.offers(), second.stop({transceiver: 2}),
    second.answers({needs: 'second'}),
    round('first', {answer: {needs: 'second'}}), round('second'),
    first.has({'live transceivers': 2})),

  configuration('refused: text that is no description, at Parley', {},
    damaged('OperationError', (sdp) => sdp.replace(/^v=0/, 'w=0'))),

  configuration('refused: no ICE credentials, at Parley', {},
    damaged('InvalidAccessError',
      (sdp) => sdp.replace(/^a=ice-(ufrag|pwd).*\r\n/gm, ''))),

  configuration('refused: no fingerprint, at Parley', {},
    damaged('InvalidAccessError',
      (sdp) => sdp.replace(/^a=fingerprint.*\r\n/gm, ''))),

  configuration('refused: no rtcp-mux, at Parley', {},
    damaged('InvalidAccessError',
      (sdp) => sdp.replace(/^a=rtcp-mux.*\r\n/gm, ''))),

  configuration('refused: an answer in stable', {},
    first.createDataChannel({label: 'data'}), round('first'), connected,
    refused('InvalidStateError', second.delivers()), exchange),
];

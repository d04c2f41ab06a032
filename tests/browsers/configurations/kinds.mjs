// What can be negotiated at all, and by which calls.
import {configuration, first, round, second} from '../steps.mjs';

const kinds = {
  audio: [first.addTransceiver({kind: 'audio'})],
  video: [first.addTransceiver({kind: 'video'})],
  data: [first.createDataChannel({label: 'data'})],
  'audio and video': [
    first.addTransceiver({kind: 'audio'}),
    first.addTransceiver({kind: 'video'}),
  ],
  'audio and data': [
    first.addTransceiver({kind: 'audio'}),
    first.createDataChannel({label: 'data'}),
  ],
  'video and data': [
    first.addTransceiver({kind: 'video'}),
    first.createDataChannel({label: 'data'}),
  ],
  'audio, video and data': [
    first.addTransceiver({kind: 'audio'}),
    first.addTransceiver({kind: 'video'}),
    first.createDataChannel({label: 'data'}),
  ],
};

const forms = [
  ['implicit offer, implicit answer', {}, {}],
  ['explicit offer, implicit answer', {explicit: true}, {}],
  ['implicit offer, explicit answer', {}, {explicit: true}],
  ['explicit offer, explicit answer', {explicit: true}, {explicit: true}],
];

const offerOptions = {
  'iceRestart in a first offer': {iceRestart: true},
  'no voice activity detection': {voiceActivityDetection: false},
  'offerToReceiveAudio': {offerToReceiveAudio: true},
  'offerToReceiveVideo': {offerToReceiveVideo: true},
  'offerToReceiveAudio and Video':
    {offerToReceiveAudio: true, offerToReceiveVideo: true},
};

export const configurations = [
  ...Object.entries(kinds).map(([name, steps]) =>
    configuration(`kinds: ${name}`, {}, steps, round('first'))),

  ...forms.map(([name, offer, answer]) =>
    configuration(`forms: ${name}`, {}, kinds['audio, video and data'],
      round('first', {offer, answer}))),

  ...Object.entries(offerOptions).map(([name, options]) =>
    configuration(`createOffer: ${name}`, {},
      first.createDataChannel({label: 'data'}),
      // VAD and receiving audio are about audio that is there.
      ...(options.voiceActivityDetection === false
        ? [first.addTransceiver({kind: 'audio'})] : []),
      round('first', {offer: {options}}))),

  configuration('createOffer: offerToReceiveAudio false', {},
    first.addTransceiver({kind: 'audio'}),
    first.createDataChannel({label: 'data'}),
    round('first', {offer: {options: {offerToReceiveAudio: false}}})),

  configuration('nothing to negotiate', {idle: true},
    round('first'), round('second'),
    first.has({sections: 0}), second.has({sections: 0})),
];

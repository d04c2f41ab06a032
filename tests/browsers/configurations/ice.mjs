// ICE restarts from each end, in every way to ask for one.
import {configuration, connected, exchange, first, round, second} from
  '../steps.mjs';

const established = [
  first.addTransceiver({kind: 'audio'}),
  first.createDataChannel({label: 'data'}),
  round('first'), connected, exchange,
];
const restart = {offer: {options: {iceRestart: true}}};

export const configurations = [
  configuration('ICE restart: by restartIce of the first', {},
    established, first.restartIce(), round('first')),
  configuration('ICE restart: by restartIce of the second', {},
    established, second.restartIce(), round('second')),
  configuration('ICE restart: by createOffer of the first', {},
    established, round('first', restart)),
  configuration('ICE restart: by createOffer of the second', {},
    established, round('second', restart)),
  configuration('ICE restart: by both, the first offers', {},
    established, first.restartIce(), second.restartIce(), round('first')),
  configuration('ICE restart: by each in turn', {},
    established, first.restartIce(), round('first'), connected, exchange,
    second.restartIce(), round('second'), connected, exchange,
    first.restartIce(), round('first')),
  configuration('ICE restart: with a section added', {},
    established, first.restartIce(), first.addTransceiver({kind: 'video'}),
    round('first')),
  configuration('ICE restart: rolled back, then done', {},
    established, first.offers({options: {iceRestart: true}, delivered: false}),
    first.rollsBack(), first.forgetsRestart(), round('first'),
    connected, exchange, first.restartIce(), round('first')),
  configuration('ICE restart: before the first connection is up', {},
    first.createDataChannel({label: 'data'}), round('first'),
    first.restartIce(), round('first')),
  configuration('ICE restart: of unbundled transports', {
    first: {bundlePolicy: 'max-compat'},
    carry: {first: (sdp) => sdp.replace(/^a=group:BUNDLE.*\r\n/gm, '')},
  },
  first.addTransceiver({kind: 'audio'}), first.addTransceiver({kind: 'video'}),
  round('first'), connected, first.restartIce(), round('first')),
];

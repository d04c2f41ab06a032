// Negotiations that are given up, and provisional answers.
import {configuration, connected, exchange, first, refused, round, second} from
  '../steps.mjs';

const established = [
  first.addTransceiver({kind: 'audio'}),
  first.createDataChannel({label: 'data'}),
  round('first'), connected, exchange,
];
const undelivered = {delivered: false};

export const configurations = [
  configuration('rollback: of the first local offer', {},
    first.addTransceiver({kind: 'audio'}), first.offers(undelivered),
    first.rollsBack(), round('first')),

  configuration('rollback: of the first offer at both ends', {},
    first.addTransceiver({kind: 'audio'}), first.offers(),
    first.rollsBack(), second.rollsBack('setRemote'),
    second.has({'live transceivers': 0}),
    round('first'), second.has({'live transceivers': 1})),

  configuration('rollback: each by the call of the other side', {},
    first.addTransceiver({kind: 'audio'}), first.offers(),
    first.rollsBackCrosswise(), second.rollsBackCrosswise(),
    round('first')),

  configuration('rollback: of a later offer, the first stands', {},
    established, first.addTransceiver({kind: 'video'}), first.offers(),
    first.rollsBack(), second.rollsBack('setRemote'),
    exchange, round('first'), first.has({sections: 3})),

  configuration('rollback: then the other end offers', {},
    established, first.addTransceiver({kind: 'video'}), first.offers(),
    first.rollsBack(), second.rollsBack('setRemote'),
    second.addTransceiver({kind: 'audio'}),
    round('second', {answer: {needs: 'first'}}), round('first'),
    first.has({sections: 4})),

  configuration('rollback: of a stopped section', {},
    first.addTransceiver({kind: 'audio'}),
    first.addTransceiver({kind: 'video'}), round('first'),
    first.stop({transceiver: 1}), first.offers(),
    first.rollsBack(), second.rollsBack('setRemote'), round('first'),
    first.has({'rejected sections': 1})),

  configuration('rollback: a track added keeps the transceiver', {},
    first.addTransceiver({kind: 'audio'}), first.offers(),
    second.addTrack({kind: 'audio'}),
    second.rollsBack('setRemote'), second.has({'live transceivers': 1}),
    first.rollsBack(), round('first'),
    first.has({sections: 1}), second.has({'live transceivers': 1})),

  configuration('rollback: three times', {},
    first.addTransceiver({kind: 'audio'}),
    [1, 2, 3].map(() => [first.offers(), first.rollsBack(),
      second.rollsBack('setRemote')]),
    round('first')),

  configuration('rollback: refused in stable', {},
    established, refused('InvalidStateError', first.rollsBack()),
    refused('InvalidStateError', second.rollsBack('setRemote')), exchange),

  configuration('offer made anew before it is answered', {},
    first.addTransceiver({kind: 'audio'}), first.offers(),
    first.addTransceiver({kind: 'video'}), first.offers(), second.answers(),
    first.has({sections: 2}), second.has({sections: 2})),

  configuration('provisional answer: before the first answer', {},
    first.addTransceiver({kind: 'audio'}),
    first.createDataChannel({label: 'data'}),
    first.offers(), second.answersProvisionally()),

  configuration('provisional answer: in a later round', {},
    established, first.addTransceiver({kind: 'video'}),
    first.offers(), second.answersProvisionally(), round('second')),

  configuration('provisional answer: to an ICE restart', {},
    established, first.restartIce(),
    first.offers(), second.answersProvisionally()),
];

// Several rounds, offered in alternation: sections come, stop and are used
// again (RFC 9429, 5.2.2; Firefox does so for the same kind alone).
import {configuration, connected, exchange, first, round, second} from
  '../steps.mjs';

const audio = {kind: 'audio'};
const video = {kind: 'video'};

export const configurations = [
  configuration('chain: the same again, five times by each end', {},
    first.addTransceiver(audio), first.createDataChannel({label: 'data'}),
    Array.from({length: 5}, () => [round('first'), round('second')])),

  configuration('chain: added by each end in turn', {},
    first.addTransceiver(audio), round('first'),
    second.addTransceiver(video), round('second'),
    first.createDataChannel({label: 'data'}), round('first'),
    second.addTransceiver(audio), round('second'),
    first.addTransceiver(video), round('first'),
    first.has({sections: 5}), second.has({sections: 5})),

  configuration('chain: stopped by its offerer, its section used again', {},
    first.addTransceiver(audio), first.addTransceiver(video), round('first'),
    first.stop({transceiver: 1}), round('first'),
    first.has({'rejected sections': 1}),
    first.addTransceiver(video), round('first'),
    first.has({sections: 2, 'live transceivers': 2}),
    second.has({sections: 2, 'live transceivers': 2})),

  configuration('chain: stopped by the answerer, which offers next', {},
    first.addTransceiver(audio), first.addTransceiver(video), round('first'),
    second.stop({transceiver: 1}), round('second'),
    second.has({'rejected sections': 1}),
    second.addTransceiver(video), round('second'),
    first.has({sections: 2, 'live transceivers': 2}),
    second.has({sections: 2, 'live transceivers': 2})),

  configuration('chain: stopped by one, used again by the other', {},
    first.addTransceiver(audio), first.addTransceiver(video), round('first'),
    first.stop({transceiver: 1}), round('first'),
    second.addTransceiver(video), round('second'),
    first.has({sections: 2, 'live transceivers': 2})),

  configuration('chain: stopped and added in one round', {},
    first.addTransceiver(audio), first.addTransceiver(video), round('first'),
    first.stop({transceiver: 1}), first.addTransceiver(audio), round('first'),
    first.has({sections: 3, 'live transceivers': 2}),
    round('second'), second.has({sections: 3})),

  // Without a connection: browsers give up the transport with the section.
  configuration('chain: the first section stopped, and offered again',
    {idle: true},
    first.addTransceiver(audio), first.addTransceiver(video),
    first.createDataChannel({label: 'data'}), round('first'), connected,
    first.stop({transceiver: 0}), round('first'), round('first'),
    first.has({'rejected sections': 1})),

  configuration('chain: all media stopped, data stays', {},
    first.createDataChannel({label: 'data'}), round('first'), exchange,
    first.addTransceiver(audio), first.addTransceiver(video), round('first'),
    first.stop({transceiver: 0}), second.stop({transceiver: 1}),
    round('first', {answer: {needs: 'second'}}), round('second'),
    first.has({'live transceivers': 0}), second.has({'live transceivers': 0})),

  configuration('chain: used again three times', {},
    first.addTransceiver(audio), first.addTransceiver(video), round('first'),
    [1, 2, 3].map((transceiver) => [
      first.stop({transceiver}), round('first'),
      first.addTransceiver(video), round('first'),
    ]),
    first.has({sections: 2, 'live transceivers': 2})),

  configuration('chain: ten sections, five stopped, ten more', {},
    Array.from({length: 10}, (_, i) => first.addTransceiver(i % 2 ? audio
      : video)),
    round('first'),
    [1, 3, 5, 7, 9].map((transceiver) => first.stop({transceiver})),
    round('first'),
    Array.from({length: 10}, () => second.addTransceiver(audio)),
    round('second'),
    first.has({sections: 15, 'live transceivers': 15})),

  configuration('chain: stopped before it was ever offered', {},
    first.addTransceiver(audio), first.addTransceiver(video),
    // Firefox never forgets that it has something to stop.
    first.stop({transceiver: 0}),
    round('first', {answer: {needs: 'browser'}}),
    first.has({sections: 1}), second.has({'live transceivers': 1})),

  configuration('chain: data first, media later, by the other end', {},
    first.createDataChannel({label: 'data'}), round('first'), connected,
    exchange, second.addTransceiver(audio), second.addTransceiver(video),
    round('second'), round('first')),

  configuration('chain: what the answerer added waits for its own offer', {},
    first.addTransceiver(audio), second.addTransceiver(video),
    second.createDataChannel({label: 'data'}),
    round('first', {answer: {needs: 'second'}}), round('second'),
    first.has({sections: 3})),

  configuration('chain: everything at once', {},
    first.addTransceiver(audio), first.addTransceiver(video),
    first.createDataChannel({label: 'data'}), round('first'), connected,
    second.setDirection({transceiver: 0, direction: 'sendrecv'}),
    second.addTransceiver(audio), round('second'), exchange,
    first.stop({transceiver: 1}), first.restartIce(), round('first'),
    second.addTransceiver(video), second.createDataChannel({label: 'more'}),
    round('second'), connected, exchange,
    first.setDirection({transceiver: 0, direction: 'inactive'}),
    round('first'), round('second')),
];

// How many sections: few, many, and many more.
import {configuration, first, round, second} from '../steps.mjs';

const sizes = [1, 2, 3, 5, 10, 20, 50, 100];

const kindOf = (i) => (i % 2 ? 'video' : 'audio');

const transceivers = (end, count, kind = kindOf) =>
  Array.from({length: count}, (_, i) => end.addTransceiver({kind: kind(i)}));

export const configurations = [
  ...sizes.map((count) => configuration(`sections: ${count}`, {},
    transceivers(first, count), round('first'),
    first.has({sections: count}), second.has({sections: count}))),

  ...[3, 20].map((count) =>
    configuration(`sections: ${count} of audio and data`, {},
      transceivers(first, count - 1, () => 'audio'),
      first.createDataChannel({label: 'data'}),
      round('first'), second.has({sections: count}))),

  configuration('sections: 10 by each end in turn', {},
    transceivers(first, 10), round('first'),
    transceivers(second, 10), round('second'),
    first.has({sections: 20}), second.has({sections: 20})),

  configuration('sections: one more in each of eight rounds', {},
    ...Array.from({length: 8}, (_, i) => {
      const [name, end] = i % 2 ? ['second', second] : ['first', first];
      return [end.addTransceiver({kind: kindOf(i >> 1)}), round(name),
        first.has({sections: i + 1}), second.has({sections: i + 1})];
    })),
];

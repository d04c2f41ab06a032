// Every direction offered, and every one that its answer can have.
import {configuration, first, round, second} from '../steps.mjs';

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

export const configurations = [
  // What the offerer wants and what the answerer does with it.
  ...directions.flatMap((offered) => directions.map((answered) =>
    configuration(`directions: ${offered} answered ${answered}`, {},
      first.addTransceiver({kind: 'audio', direction: offered}),
      first.addTransceiver({kind: 'video', direction: offered}),
      first.offers(),
      second.setDirection({transceiver: 0, direction: answered}),
      second.setDirection({transceiver: 1, direction: answered}),
      // What the offer did not let it do is no reason to negotiate again.
      second.answers()))),

  // All directions in one description, and then each changed to the next.
  configuration('directions: all at once, then each changed', {},
    ...directions.map((direction) =>
      first.addTransceiver({kind: 'audio', direction})),
    round('first'),
    ...directions.map((_, i) => first.setDirection(
      {transceiver: i, direction: directions[(i + 1) % 4]})),
    round('first'),
    ...directions.map((_, i) => second.setDirection(
      {transceiver: i, direction: directions[(i + 2) % 4]})),
    round('second')),

  configuration('directions: held and resumed by either end', {},
    first.addTransceiver({kind: 'audio'}),
    first.addTransceiver({kind: 'video'}),
    first.offers(),
    second.setDirection({transceiver: 0, direction: 'sendrecv'}),
    second.setDirection({transceiver: 1, direction: 'sendrecv'}),
    second.answers(),
    first.setDirection({transceiver: 0, direction: 'inactive'}),
    first.setDirection({transceiver: 1, direction: 'sendonly'}),
    round('first'),
    first.setDirection({transceiver: 0, direction: 'sendrecv'}),
    first.setDirection({transceiver: 1, direction: 'sendrecv'}),
    round('first'),
    second.setDirection({transceiver: 0, direction: 'recvonly'}),
    round('second')),
];

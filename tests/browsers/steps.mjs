// The words in which configurations are written: each makes one step, {title,
// run(negotiation)}, or several.
import {Refusal} from './browser_end.mjs';
import {Mismatch, otherOf} from './negotiation.mjs';
import {parse} from './sdp.mjs';

const step = (title, run) => ({title, run});

const operations = ['addTransceiver', 'addTrack', 'removeTrack', 'replaceTrack',
  'setDirection', 'setStreams', 'setCodecPreferences', 'stop',
  'createDataChannel', 'closeDataChannel'];

// One of the two ends, and what it can be told to do: every operation by its
// name, with the argument of page.mjs; and these.
function endNamed(end) {
  const told = Object.fromEntries(operations.map((operation) =>
    [operation, (argument) => step(
      `${end}.${operation}(${JSON.stringify(argument)})`,
      (negotiation) => negotiation.change(end, operation, argument))]));
  return {
    ...told,

    // If it is the browser, whose extensions alone can be chosen.
    limitsHeaderExtensions: (argument) => step(
      `${end} keeps few header extensions`, async (negotiation) => {
        if (negotiation.ends[end].name !== 'browser') return;
        await negotiation.change(end, 'limitHeaderExtensions', argument);
      }),

    // Asks for an ICE restart, which the next agreement must show.
    restartIce: () => step(`${end}.restartIce()`, async (negotiation) => {
      await negotiation.change(end, 'restartIce');
      negotiation.history.restarting = true;
    }),

    // {explicit, options, delivered}; options are createOffer's.
    offers: ({delivered = true, ...how} = {}) => [
      step(`${end} sets its offer`, async (negotiation) => {
        await negotiation.setLocalOffer(end, how);
        if (how.options?.iceRestart) negotiation.history.restarting = true;
      }),
      ...(delivered ? [delivery(end)] : []),
    ],

    // {explicit, needs, delivered}; needs: the end that must then want to
    // negotiate again, or 'browser', if that wants to although it should not.
    answers: ({delivered = true, needs = null, ...how} = {}) => [
      step(`${end} sets its answer`, (negotiation) => {
        negotiation.needs = needs;
        return negotiation.setLocalAnswer(end, how);
      }),
      ...(delivered ? [delivery(end)] : []),
      ...(needs && needs !== 'browser' ? [need(needs)] : []),
    ],

    // What it set last, to the other end.
    delivers: () => delivery(end),

    // The other end, if it is Parley, refuses it with this exception of W3C's
    // once `damage` has changed it, and is as it was.
    isRefusedByParley: (exception, damage) => {
      const attempt = step(`${otherOf(end)} takes it damaged`,
        (negotiation) => negotiation.deliverDamaged(end, damage));
      const {title, run} = refused(exception, attempt);
      return step(title, async (negotiation) => {
        if (negotiation.ends[end].name === 'browser') await run(negotiation);
      });
    },

    // An offer with a restart was rolled back: there is none to be shown.
    forgetsRestart: () => step(`${end} restarts no more`, (negotiation) => {
      negotiation.history.restarting = false;
    }),

    seesClosed: (label) => step(`${end} sees ${label} closed`,
      (negotiation) => negotiation.until(end, `${label} closed`,
        async (peer) => (await peer.snapshot()).channels.some((channel) =>
          channel.label === label && channel.state === 'closed'))),

    answersProvisionally: () => provisionalSteps(end),

    // By setLocalDescription or, where `call` is setRemote, the other one.
    rollsBack: (call = 'setLocal') => step(
      `${end} rolls back by ${call}Description`,
      (negotiation) => negotiation.rollBack(end, call)),

    // By the call of the side whose description it is not. To W3C both are one,
    // but Firefox knows no other than that side's own.
    rollsBackCrosswise: () => step(`${end} rolls back crosswise`,
      (negotiation) => {
        const own = negotiation.signaling[end] === 'have-local-offer';
        const {name} = negotiation.ends[end];
        return negotiation.rollBack(end,
          own === (name === 'browser') ? 'setLocal' : 'setRemote');
      }),

    // Its offer, already set, reaches the other end, whose own goes for it.
    offerReplacesTheOther: () => step(
      `the offer of ${end} replaces that of ${otherOf(end)}`,
      (negotiation) => negotiation.deliver(end)),

    // Its offer reaches the other end, which is not polite.
    offerIsIgnored: () => step(`the offer of ${end} is ignored`,
      (negotiation) => ignoreOffer(negotiation, end)),

    // Counts of what the end has, by the names below.
    has: (expected) => step(`${end} has ${JSON.stringify(expected)}`,
      async (negotiation) => {
        const snapshot = await negotiation.ends[end].snapshot();
        for (const [what, count] of Object.entries(expected)) {
          const actual = counts[what](snapshot);
          if (actual !== count) {
            throw new Mismatch([`${end}, ${what}: expected ${count}, ` +
              `got ${actual}`]);
          }
        }
      }),
  };
}

const sectionsOf = (description) =>
  (description ? parse(description.sdp).sections : []);

// What `has` can count.
const counts = {
  'live transceivers': ({transceivers}) =>
    transceivers.filter(({stopped}) => !stopped).length,
  sections: ({currentLocal}) => sectionsOf(currentLocal).length,
  // By either end: only its answer shows what an answerer rejected.
  'rejected sections': ({currentLocal, currentRemote}) => {
    const remote = sectionsOf(currentRemote);
    return sectionsOf(currentLocal).filter(({rejected}, i) =>
      rejected || remote[i].rejected).length;
  },
};

const delivery = (end) => step(`${otherOf(end)} takes it`,
  (negotiation) => negotiation.deliver(end));

const need = (end) => step(`${end} needs negotiation`, (negotiation) =>
  negotiation.until(end, 'negotiation needed', async (peer) =>
    (await peer.snapshot()).negotiationNeeded));

// A browser without provisional answers makes none and gets none: it sets the
// final answer at once, or sees only that; Parley does the rest alone.
function provisionalSteps(end) {
  const alone = ({ends, abilities}) =>
    !abilities.provisionalAnswers && ends[end].name;
  return [
    step(`${end} sets a provisional answer`, (negotiation) =>
      (alone(negotiation) === 'browser'
        ? negotiation.setLocalAnswer(end, {explicit: true})
        : negotiation.setLocalProvisionalAnswer(end))),
    step(`${otherOf(end)} takes it`, async (negotiation) => {
      if (alone(negotiation) === 'parley') return;
      await negotiation.deliver(end, 'pranswer');
    }),
    step(`${end} sets its final answer`, async (negotiation) => {
      if (alone(negotiation) === 'browser') return;
      await negotiation.setLocalAnswer(end);
    }),
    delivery(end),
  ];
}

// A browser leaves this to its application, which does not pass the offer on.
async function ignoreOffer(negotiation, end) {
  const other = otherOf(end);
  if (negotiation.ends[other].name === 'browser') return;
  try {
    await negotiation.deliver(end);
  } catch (error) {
    if (error instanceof Refusal && error.exception === 'GLARE') return;
    throw error;
  }
  throw new Mismatch([`${other}: an offer that crosses its own was accepted`]);
}

// The step must be refused with this exception of W3C's.
export const refused = (exception, {title, run}) => step(
  `${title}, refused`, async (negotiation) => {
    const signaling = {...negotiation.signaling};
    try {
      await run(negotiation);
    } catch (error) {
      if (error instanceof Refusal && error.exception === exception) {
        negotiation.signaling = signaling;
        return;
      }
      throw error;
    }
    throw new Mismatch([`expected ${exception}, but it succeeded`]);
  });

export const first = endNamed('first');
export const second = endNamed('second');
const ends = {first, second};

// A whole round: {offer, answer} are the options of offers() and answers().
export const round = (by, {offer, answer} = {}) => [
  ...ends[by].offers(offer), ...ends[otherOf(by)].answers(answer)];

export const connected = step('both are connected',
  (negotiation) => negotiation.connected());

export const exchange = step('messages cross each channel',
  (negotiation) => negotiation.exchange());

// A configuration: its name, {first, second: settings of the ends; carry;
// needs: what the browser must be able to do; idle: it ends without a
// connection}, and its steps in order.
export const configuration = (name, settings, ...steps) => ({
  name,
  settings,
  steps: [
    ...steps.flat(Infinity),
    ...(settings.idle ? [] : [connected, exchange]),
  ],
});

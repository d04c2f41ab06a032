// Offers that cross: perfect negotiation (W3C, "Perfect negotiation example"),
// with each end the polite one.
import {configuration, connected, exchange, first, round, second} from
  '../steps.mjs';

const ends = {first, second};
const undelivered = {delivered: false};

// What each end does before they cross, and whether the polite one still has
// something to offer afterwards.
const themes = {
  'the same in both': {
    before: ({polite, impolite}) => [
      polite.addTransceiver({kind: 'audio'}),
      impolite.addTransceiver({kind: 'audio'}),
    ],
    left: true,
  },
  'tracks that share a section': {
    before: ({polite, impolite}) => [
      polite.addTrack({kind: 'audio'}), impolite.addTrack({kind: 'audio'}),
    ],
    left: false,
  },
  // Not the other way round: once Chromium has rolled an offer of data back, it
  // never offers it again where media has taken the mid.
  'media in the polite, data in the other': {
    before: ({polite, impolite}) => [
      polite.addTransceiver({kind: 'video'}),
      impolite.createDataChannel({label: 'data'}),
    ],
    left: true,
  },
  'a channel in both': {
    before: ({polite, impolite}) => [
      polite.createDataChannel({label: 'one'}),
      impolite.createDataChannel({label: 'two'}),
    ],
    left: false,
  },
  // With both kinds of media before: Chromium does not forget the ids of header
  // extensions that it offered and then rolled back.
  'in a connection that is up': {
    before: ({polite, impolite}) => [
      first.createDataChannel({label: 'data'}),
      first.addTransceiver({kind: 'audio'}),
      first.addTransceiver({kind: 'video'}),
      round('first'), connected, exchange,
      polite.addTransceiver({kind: 'audio'}),
      impolite.addTransceiver({kind: 'video'}),
    ],
    left: true,
  },
  'an ICE restart in both': {
    before: ({polite, impolite}) => [
      first.createDataChannel({label: 'data'}), round('first'),
      connected, exchange, polite.restartIce(), impolite.restartIce(),
    ],
    left: false,
  },
};

// The impolite end's offer stands; the polite one answers it and offers again
// what it still has to.
function glare(name, {before, left}, politeName, impoliteName) {
  const [polite, impolite] = [ends[politeName], ends[impoliteName]];
  return configuration(
    `glare: ${name}, the ${politeName} is polite`,
    {[politeName]: {polite: true}, [impoliteName]: {polite: false}},
    before({polite, impolite}),
    first.offers(undelivered), second.offers(undelivered),
    polite.offerIsIgnored(), impolite.offerReplacesTheOther(),
    polite.answers({needs: left ? politeName : null}),
    left ? round(politeName) : [],
    round(impoliteName));
}

export const configurations = Object.entries(themes).flatMap(
  ([name, theme]) => [
    glare(name, theme, 'first', 'second'),
    glare(name, theme, 'second', 'first'),
  ]);

// Whether two descriptions, as sdp.mjs reads them, go together: a copy with its
// original, an answer with its offer.
import {unlike} from './unlike.mjs';

const summaries = {
  media: ({media}) => media,
  mid: ({mid}) => mid,
  rejected: ({rejected}) => rejected,
};
const liveSummaries = {
  direction: ({direction}) => direction,
  // Without channels: Firefox forgets those of red in what it shows.
  formats: ({formats}) => formats.map(({payloadType, encoding}) =>
    `${payloadType} ${encoding.split('/', 2).join('/')}`),
  extensions: ({extensions}) => [...extensions].sort(),
  'send rids': ({simulcast}) => simulcast.send,
  'receive rids': ({simulcast}) => simulcast.recv,
};
// What a bundled section may leave to the first of its bundle.
const transportSummaries = {
  'ice-ufrag': ({ufrag}) => ufrag,
  'ice-pwd': ({password}) => password,
  fingerprint: ({fingerprint}) => fingerprint,
  setup: ({setup}) => setup,
};

export function copyDifferences(what, original, copy) {
  const count = unlike(`${what}, sections`, original.sections.length,
    copy.sections.length);
  if (count.length) return count;
  return [
    ...unlike(`${what}, BUNDLE`, original.bundles, copy.bundles),
    ...original.sections.flatMap((section, i) =>
      sectionCopyDifferences(`${what}, section ${i}`, section,
        copy.sections[i])),
  ];
}

function sectionCopyDifferences(what, original, copy) {
  const compare = (all) => Object.entries(all).flatMap(([name, of]) =>
    unlike(`${what}, ${name}`, of(original), of(copy)));
  if (original.rejected) return compare(summaries);
  const given = Object.fromEntries(Object.entries(transportSummaries)
    .filter(([, of]) => of(original) !== undefined && of(copy) !== undefined));
  return compare({...summaries, ...liveSummaries, ...given});
}

const answersTo = {
  sendrecv: ['sendrecv', 'sendonly', 'recvonly', 'inactive'],
  sendonly: ['recvonly', 'inactive'],
  recvonly: ['sendonly', 'inactive'],
  inactive: ['inactive'],
};

// RFC 9429, 5.3.1 and 5.8.3.
export function answerDifferences(offer, answer) {
  const count = unlike('sections of the answer', offer.sections.length,
    answer.sections.length);
  if (count.length) return count;
  return [
    ...bundleDifferences(offer, answer),
    ...answer.sections.flatMap((section, i) =>
      sectionAnswerDifferences(`section ${i} (mid ${section.mid})`,
        offer.sections[i], section, carriesTransport(answer, section))),
  ];
}

// Whether the section's transport attributes count: it is the first of its
// bundle, or in none.
export function carriesTransport({bundles}, {mid}) {
  return bundles.every((group) => !group.includes(mid) || group[0] === mid);
}

function bundleDifferences(offer, answer) {
  const live = new Set(answer.sections.filter(({rejected}) => !rejected)
    .map(({mid}) => mid));
  return answer.bundles.flatMap((group) => [
    ...unlike(`BUNDLE ${group.join(' ')}, members not offered together`, true,
      group.length === 0 || offer.bundles.some((offered) =>
        group.every((mid) => offered.includes(mid)))),
    ...unlike(`BUNDLE ${group.join(' ')}, members not accepted`, [],
      group.filter((mid) => !live.has(mid))),
  ]);
}

function sectionAnswerDifferences(what, offer, answer, transport) {
  const basics = [
    ...unlike(`${what}, media`, offer.media, answer.media),
    ...unlike(`${what}, protocol`, offer.protocol, answer.protocol),
    ...unlike(`${what}, mid`, offer.mid, answer.mid),
    ...unlike(`${what}, bundle-only in an answer`, false, answer.bundleOnly),
  ];
  if (answer.rejected) return basics;
  return [
    ...basics,
    ...unlike(`${what}, accepted although rejected in the offer`, false,
      offer.rejected),
    ...(transport ? transportDifferences(what, offer, answer) : []),
    ...(answer.media === 'application'
      ? unlike(`${what}, has a=sctp-port`, true, answer.sctpPort !== undefined)
      : mediaDifferences(what, offer, answer)),
  ];
}

function transportDifferences(what, offer, answer) {
  const legal = offer.setup === 'actpass' ? ['active', 'passive']
    : [{active: 'passive', passive: 'active'}[offer.setup]];
  return [
    ...unlike(`${what}, setup ${answer.setup} to ${offer.setup} is legal`, true,
      legal.includes(answer.setup)),
    ...[offer, answer].flatMap((section) => [
      ...unlike(`${what}, length of ice-ufrag ${section.ufrag} is legal`, true,
        section.ufrag?.length >= 4 && section.ufrag.length <= 256),
      ...unlike(`${what}, length of ice-pwd is legal`, true,
        section.password?.length >= 22 && section.password.length <= 256),
      ...unlike(`${what}, has a fingerprint`, true,
        /^SHA-\d+ [0-9A-F:]+$/.test(section.fingerprint)),
    ]),
    ...(answer.media === 'application' ? []
      : unlike(`${what}, rtcp-mux`, offer.rtcpMux, answer.rtcpMux)),
  ];
}

function mediaDifferences(what, offer, answer) {
  return [
    ...unlike(`${what}, ${answer.direction} answers ${offer.direction}`, true,
      answersTo[offer.direction].includes(answer.direction)),
    ...unlike(`${what}, has a codec`, true, answer.formats.length > 0),
    ...answer.formats.flatMap((format) =>
      formatDifferences(what, format, offer, answer)),
    ...[...answer.extensions].flatMap(([uri, id]) =>
      unlike(`${what}, id of ${uri}`, offer.extensions.get(uri), id)),
    ...unlike(`${what}, rids received beyond those offered`, [],
      answer.simulcast.recv.filter((rid) =>
        !offer.simulcast.send.includes(rid))),
  ];
}

// Parameters without which it would be another codec, and their defaults.
const identity = {
  'h264/90000': (p) => [p.get('packetization-mode') ?? '0',
    (p.get('profile-level-id') ?? '420010').slice(0, 2).toLowerCase()],
  'vp9/90000': (p) => [p.get('profile-id') ?? '0'],
  'av1/90000': (p) => [p.get('profile') ?? '0'],
  'rtx/90000': (p) => [p.get('apt')],
};

function formatDifferences(what, format, offer, answer) {
  const {payloadType, encoding, parameters, feedback} = format;
  const name = `${what}, format ${payloadType} ${encoding}`;
  const offered = offer.formats.find((other) =>
    other.payloadType === payloadType);
  if (!offered) return [`${name}: not offered`];
  const distinct = identity[encoding] ?? (() => []);
  const primary = encoding.startsWith('rtx/')
    ? unlike(`${name}, apt ${parameters.get('apt')} is answered`, true,
      answer.formats.some((other) =>
        String(other.payloadType) === parameters.get('apt')))
    : [];
  return [
    ...unlike(name, offered.encoding, encoding),
    ...unlike(`${name}, parameters`, distinct(offered.parameters),
      distinct(parameters)),
    ...primary,
    ...unlike(`${name}, feedback not offered`, [],
      feedback.filter((value) => !offered.feedback.includes(value))),
  ];
}

// Whether two ends agree: their states, and the descriptions by which they came
// to them. Differences are lines of text; none means agreement.
import {answerDifferences, copyDifferences} from
  './description_comparison.mjs';
import {parse} from './sdp.mjs';
import {unlike} from './unlike.mjs';

const reversed = {sendrecv: 'sendrecv', sendonly: 'recvonly',
  recvonly: 'sendonly', inactive: 'inactive'};

// The states that two ends are in while nothing is on its way between them.
const inStep = [
  ['stable', 'stable'],
  ['have-local-offer', 'have-remote-offer'],
  ['have-remote-pranswer', 'have-local-pranswer'],
];
const areInStep = ({first, second}) => inStep.some(([a, b]) =>
  (first === a && second === b) || (first === b && second === a));

const sends = (direction) => /^send/.test(direction);

// One section that both have, as the two transceivers see it.
function sectionDifferences(offered, section, offerer, answerer, ends) {
  const mid = `mid ${section.mid}`;
  const find = ({transceivers}) =>
    transceivers.filter((transceiver) => transceiver.mid === section.mid);
  const [ours, theirs] = [find(ends[offerer]), find(ends[answerer])];
  if (section.rejected) {
    return unlike(`${mid} is rejected, live transceivers with it`, [0, 0],
      [ours.length, theirs.length]);
  }
  const counts = unlike(`${mid}, transceivers with it`, [1, 1],
    [ours.length, theirs.length]);
  if (counts.length) return counts;
  const [[offering], [answering]] = [ours, theirs];
  return [
    ...unlike(`${mid}, kind at ${offerer}`, section.media, offering.kind),
    ...unlike(`${mid}, kind at ${answerer}`, section.media, answering.kind),
    ...unlike(`${mid}, currentDirection at ${offerer}`,
      reversed[section.direction], offering.currentDirection),
    ...unlike(`${mid}, currentDirection at ${answerer}`,
      section.direction, answering.currentDirection),
    ...streamDifferences(mid, offering, answering),
    ...streamDifferences(mid, answering, offering),
    ...parameterDifferences(mid, section, offering),
    ...parameterDifferences(mid, offered, answering),
  ];
}

function streamDifferences(mid, sender, receiver) {
  const sent = sends(sender.currentDirection) ? sender.streams : [];
  return unlike(`${mid}, streams received`, [...sent].sort(),
    [...receiver.remoteStreams].sort());
}

// What the sender says that it may send is what the other end takes.
function parameterDifferences(mid, taken, {currentDirection, payloadTypes}) {
  if (!sends(currentDirection)) return [];
  const types = taken.formats.map(({payloadType}) => payloadType);
  return unlike(`${mid}, payload types to send that the other does not take`,
    [], payloadTypes.filter((type) => !types.includes(type)));
}

// Every transceiver with a mid has a section.
function strayDifferences(end, {transceivers}, sections) {
  const mids = sections.map(({mid}) => mid);
  return unlike(`${end}, transceivers with a mid of no section`, [],
    transceivers.map(({mid}) => mid)
      .filter((mid) => mid !== null && !mids.includes(mid)));
}

// The agreement that both are in.
function agreementDifferences(negotiation, ends) {
  const {offerer} = negotiation;
  const answerer = offerer === 'first' ? 'second' : 'first';
  const [offer, answer] = [ends[offerer].currentLocal,
    ends[answerer].currentLocal].map((description) => description?.sdp);
  if (!offer || !answer) return [`no current description after an answer`];
  const offered = parse(negotiation.asCarried(offerer, offer));
  const answered = parse(negotiation.asCarried(answerer, answer));
  return [
    ...answerDifferences(offered, answered),
    ...answered.sections.flatMap((section, i) =>
      (section.media === 'application' ? []
        : sectionDifferences(offered.sections[i], section, offerer, answerer,
          ends))),
    ...['first', 'second'].flatMap((end) =>
      strayDifferences(end, ends[end], answered.sections)),
    ...negotiation.history.differences(
      {offerer, offered, answered, ends: negotiation.ends}),
  ];
}

// What one end set is what the other has.
function carriedDifferences(negotiation, ends) {
  return [['first', 'second'], ['second', 'first']].flatMap(([from, to]) =>
    ['current', 'pending'].flatMap((age) => {
      const local = ends[from][`${age}Local`];
      const remote = ends[to][`${age}Remote`];
      const what = `${age} description of ${from} at ${to}`;
      if (!local || !remote) {
        return unlike(`${what}, type`, local?.type, remote?.type);
      }
      return [
        ...unlike(`${what}, type`, local.type, remote.type),
        ...copyDifferences(what, parse(negotiation.asCarried(from, local.sdp)),
          parse(remote.sdp)),
      ];
    }));
}

export function differences(negotiation, ends) {
  const {signaling} = negotiation;
  const found = ['first', 'second'].flatMap((end) =>
    unlike(`${end} (${negotiation.ends[end].name}), signalingState`,
      signaling[end], ends[end].signalingState));
  if (found.length || negotiation.underWay || !areInStep(signaling)) {
    return found;
  }
  found.push(...carriedDifferences(negotiation, ends));
  if (!negotiation.agreed) return found;
  found.push(...agreementDifferences(negotiation, ends));
  for (const end of ['first', 'second']) {
    if (negotiation.mayNeed(end)) continue;
    found.push(...unlike(
      `${end} (${negotiation.ends[end].name}), negotiation needed`, false,
      ends[end].negotiationNeeded));
  }
  return found;
}

// Channels with these labels have the same properties at both ends.
export function channelDifferences(labels, {first, second}) {
  return labels.flatMap((label) => {
    const [a, b] = [first, second].map(({channels}) =>
      channels.filter((channel) => channel.label === label));
    return unlike(`channel ${label} at second`, a, b);
  });
}

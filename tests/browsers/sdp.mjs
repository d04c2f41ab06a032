// Reads a session description as far as two ends have to agree about it. On its
// own, so that no mistake of Parley's or a browser's parser is shared.

// Values of the attribute, in order; of a flag, the empty string.
const values = (lines, name) =>
  lines.flatMap((line) => {
    if (line === `a=${name}`) return [''];
    return line.startsWith(`a=${name}:`) ? [line.slice(name.length + 3)] : [];
  });

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

function formatsOf(lines, payloadTypes) {
  const byType = (name) => values(lines, name).map((value) => {
    const at = value.indexOf(' ');
    return [value.slice(0, at), value.slice(at + 1)];
  });
  const maps = new Map(byType('rtpmap'));
  const parameters = new Map(byType('fmtp'));
  const feedback = byType('rtcp-fb');
  return payloadTypes.map((payloadType) => ({
    payloadType: Number(payloadType),
    encoding: (maps.get(payloadType) ?? staticEncodings[payloadType] ?? '')
      .toLowerCase().replace(/\/1$/, ''),
    parameters: parametersOf(parameters.get(payloadType) ?? ''),
    feedback: feedback.filter(([type]) => type === payloadType || type === '*')
      .map(([, value]) => value),
  }));
}

// RFC 3551: numbers that need no a=rtpmap.
const staticEncodings = {0: 'pcmu/8000', 8: 'pcma/8000', 9: 'g722/8000',
  13: 'cn/8000'};

const parametersOf = (text) => new Map(text.split(';').filter(Boolean)
  .map((pair) => pair.trim().split('=')).map(([k, v]) => [k, v ?? '']));

function ridsOf(lines) {
  const simulcast = new Map();
  for (const value of values(lines, 'simulcast')) {
    const words = value.split(' ');
    for (let i = 0; i + 1 < words.length; i += 2) {
      simulcast.set(words[i], words[i + 1].split(/[;,]/)
        .map((rid) => rid.replace(/^~/, '')));
    }
  }
  return {send: simulcast.get('send') ?? [], recv: simulcast.get('recv') ?? []};
}

function sectionOf(lines, session, bundles) {
  const [media, port, protocol, ...formats] = lines[0].slice(2).split(' ');
  const inherited = (name) =>
    values(lines, name)[0] ?? values(session, name)[0];
  const mid = values(lines, 'mid')[0];
  // RFC 9143, 6: outside of a bundle the attribute means nothing.
  const bundleOnly = values(lines, 'bundle-only').length > 0 &&
    bundles.some((group) => group.includes(mid));
  const direction = directions.find((name) => lines.includes(`a=${name}`)) ??
    directions.find((name) => session.includes(`a=${name}`)) ?? 'sendrecv';
  return {
    media,
    port: Number(port),
    protocol,
    bundleOnly,
    rejected: port === '0' && !bundleOnly,
    mid,
    direction,
    formats: media === 'application' ? [] : formatsOf(lines, formats),
    extensions: new Map(values(lines, 'extmap').map((value) => {
      const [id, uri] = value.split(' ');
      return [uri, id.split('/')[0]];
    })),
    streams: [...new Set(values(lines, 'msid')
      .map((value) => value.split(' ')[0]).filter((id) => id !== '-'))],
    simulcast: ridsOf(lines),
    rtcpMux: values(lines, 'rtcp-mux').length > 0,
    ufrag: inherited('ice-ufrag'),
    password: inherited('ice-pwd'),
    setup: inherited('setup'),
    fingerprint: inherited('fingerprint')?.toUpperCase(),
    sctpPort: values(lines, 'sctp-port')[0],
  };
}

export function parse(sdp) {
  const lines = sdp.split(/\r?\n/).filter(Boolean);
  const starts = lines.flatMap((line, i) => (line.startsWith('m=') ? [i] : []));
  const session = lines.slice(0, starts[0]);
  const origin = session.find((line) => line.startsWith('o='))?.split(' ');
  const bundles = values(session, 'group')
    .filter((group) => group.startsWith('BUNDLE'))
    .map((group) => group.split(' ').slice(1));
  return {
    sessionId: origin?.[1],
    version: BigInt(origin?.[2] ?? 0),
    bundles,
    sections: starts.map((start, i) =>
      sectionOf(lines.slice(start, starts[i + 1]), session, bundles)),
  };
}

// The username fragments by which its candidates are known.
export const fragmentsOf = (sdp) =>
  [...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map(([, fragment]) => fragment);

export const midsOf = (sdp) =>
  [...sdp.matchAll(/^a=mid:(\S+)/gm)].map(([, mid]) => mid);

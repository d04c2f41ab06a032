// Cells that another stack's own defect makes impossible. Each names the step
// that fails and the proof: a stack with which, in Parley's place, it fails as
// well, if need be once its descriptions are altered to have what Parley rightly
// has. The suite runs that too, and believes only what it sees; where it can be
// told by its words, both failures have to be that `error`.
const idsByIceRole = {
  role: 'answerer',
  ice: 'single-port',
  step: 'messages',
  reason: 'Its channels have odd ids when it controls ICE. Who answers a lite ' +
    'end controls, but is the DTLS client, whose ids are even: a channel with ' +
    'another one has to be closed (RFC 8832, 6).',
  against: 'lite pion',
};

// As Parley offers on a single port: transport attributes for the session and
// in the first section alone, the others bundle-only.
function makeBundleOnly(sdp) {
  const [session, first, ...others] = sdp.split(/^(?=m=)/m);
  const attributes = /^a=(ice-ufrag|ice-pwd|fingerprint|setup):.*\r\n/gm;
  return [session, ...first.match(attributes), first,
    ...others.map((section) => section.replace(attributes, '')
      .replace(/^(m=\S+) \d+(.*\r\n)/, '$1 0$2a=bundle-only\r\n')),
  ].join('');
}

const defects = [
  {stack: 'aiortc', ...idsByIceRole},
  {stack: 'werift', ...idsByIceRole},
  {
    stack: 'libwebrtc',
    role: 'answerer',
    payload: 'audio',
    step: 'negotiation',
    reason: 'It refuses a=msid without appdata, which RFC 8830 (2) makes ' +
      'optional and RFC 9429 (5.2.1) has left out.',
    error: /Expects 2 fields/,
    against: 'chromium',
    altered: 'its a=msid without appdata',
    alter: (sdp) => sdp.replace(/^(a=msid:\S+) \S+/gm, '$1'),
  },
  {
    stack: 'webrtcbin',
    role: 'answerer',
    ice: 'single-port',
    payload: 'audio',
    step: 'negotiation',
    reason: 'It wants a=setup in bundle-only sections too, which have no ' +
      'transport attributes (RFC 9143, 7.1.3).',
    error: /'setup' attribute/,
    against: 'chromium',
    altered: 'its second section bundle-only',
    alter: makeBundleOnly,
  },
];

// `result` is what runCell gives.
export function findDefect(cell, result) {
  return defects.find((defect) => shows(defect, result) &&
    ['stack', 'role', 'ice', 'payload'].every((key) =>
      (defect[key] ?? cell[key]) === cell[key]));
}

export function shows(defect, {passed, step, error}) {
  return !passed && step === defect.step &&
    (defect.error ?? /^/).test(error.message);
}

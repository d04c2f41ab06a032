// Cells that another stack's own defect makes impossible. Each names the step
// that fails and the proof: a stack with which, in Parley's place, it fails as
// well, once its descriptions are `altered` to have what Parley rightly has.
// The suite runs that too, and believes only what it sees.
const defects = [
  {
    stack: 'libwebrtc',
    role: 'answerer',
    payload: 'audio',
    step: 'negotiation',
    reason: 'It refuses a=msid without appdata, which RFC 8830 (2) makes ' +
      'optional and RFC 9429 (5.2.1) has left out.',
    against: 'chromium',
    altered: 'its a=msid without appdata',
    alter: (sdp) => sdp.replace(/^(a=msid:\S+) \S+/gm, '$1'),
  },
];

export function findDefect(cell, step) {
  return defects.find((defect) => defect.step === step &&
    ['stack', 'role', 'payload'].every((key) => defect[key] === cell[key]));
}

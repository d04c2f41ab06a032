// BUNDLE and rtcp-mux (RFC 9143, RFC 8858): every pair of policies, no group at
// all, and groups that shrink and grow.
import {configuration, first, round, second} from '../steps.mjs';

const policies = ['balanced', 'max-compat', 'max-bundle'];

const mixed = [
  first.addTransceiver({kind: 'audio'}),
  first.addTransceiver({kind: 'audio'}),
  first.addTransceiver({kind: 'video'}),
  first.createDataChannel({label: 'data'}),
];

const withoutGroup = (sdp) => sdp.replace(/^a=group:BUNDLE.*\r\n/gm, '');

export const configurations = [
  ...policies.flatMap((ours) => policies.map((theirs) =>
    configuration(`bundle: ${ours} and ${theirs}`, {
      first: {bundlePolicy: ours}, second: {bundlePolicy: theirs},
    }, mixed, round('first'),
    second.addTransceiver({kind: 'video'}), round('second')))),

  configuration('bundle: no group offered, each section for itself', {
    first: {bundlePolicy: 'max-compat'},
    carry: {first: withoutGroup},
  },
  first.addTransceiver({kind: 'audio'}), first.addTransceiver({kind: 'video'}),
  first.createDataChannel({label: 'data'}), round('first')),

  // Both browsers give up the transport when the first section of a bundle is
  // rejected (RFC 9143, 7.5.3, has its tag move): no connection is expected.
  ...policies.map((bundlePolicy) =>
    configuration(`bundle: the first section stopped under ${bundlePolicy}`, {
      first: {bundlePolicy}, second: {bundlePolicy}, idle: true,
    }, mixed, round('first'), first.stop({transceiver: 0}), round('first'),
    first.has({sections: 4, 'live transceivers': 2}))),

  ...policies.map((bundlePolicy) =>
    configuration(`bundle: the last section stopped under ${bundlePolicy}`, {
      first: {bundlePolicy}, second: {bundlePolicy},
    }, mixed, round('first'), first.stop({transceiver: 2}), round('first'),
    first.addTransceiver({kind: 'video'}), round('first'))),

  configuration('bundle: one section at first, three later', {
    first: {bundlePolicy: 'max-compat'},
  }, first.addTransceiver({kind: 'audio'}), round('first'),
  first.addTransceiver({kind: 'video'}),
  first.createDataChannel({label: 'data'}), round('first')),

  configuration('rtcp-mux: required by the first', {
    first: {rtcpMuxPolicy: 'require'},
  }, first.addTransceiver({kind: 'audio'}),
  first.addTransceiver({kind: 'video'}), round('first')),

  configuration('rtcp-mux: required by the second', {
    second: {rtcpMuxPolicy: 'require'},
  }, first.addTransceiver({kind: 'audio'}),
  first.addTransceiver({kind: 'video'}), round('first')),

  configuration('rtcp-mux: required by both', {
    first: {rtcpMuxPolicy: 'require'}, second: {rtcpMuxPolicy: 'require'},
  }, first.addTransceiver({kind: 'audio'}),
  first.addTransceiver({kind: 'video'}), round('first'), round('second')),
];

// P11. An offer of any browser or stack, with BUNDLE and without, is answered
// with the same number of sections in the same order.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {each, inHouse, sectionsOf} from './house.mjs';

const corpus = fileURLToPath(new URL('../data/corpus', import.meta.url));
const AT_ONCE = 4;

// Whole descriptions, one a file.
const files = () => readdirSync(corpus)
  .filter((name) => name.endsWith('-offer.sdp'))
  .map((name) => ({name, sdp: readFileSync(join(corpus, name), 'utf8')}));

// The first offer of each recorded negotiation: "sdp BYTES", then the text.
function recordings() {
  const directory = join(corpus, 'sequences');
  return readdirSync(directory).filter((name) => name.endsWith('.txt'))
    .flatMap((name) => {
      const data = readFileSync(join(directory, name));
      const step = /^step \w offer\n(?:(?!step|sdp)\w+.*\n)*sdp (\d+)\n/m
        .exec(data.toString('latin1'));
      if (!step) return [];
      const begin = step.index + step[0].length;
      return [{name, sdp: data.subarray(begin, begin + Number(step[1]))
        .toString('utf8')}];
    });
}

const withoutBundle = ({name, sdp}) => ({name: `${name} without BUNDLE`,
  sdp: sdp.replaceAll(/^a=group:BUNDLE.*\r?\n/gm, '')});
const bundleOf = (sdp) =>
  /^a=group:BUNDLE (.*?)\r?$/m.exec(sdp)?.[1].split(' ') ?? [];

function check(offer, answer) {
  const [asked, given] = [offer, answer].map(sectionsOf);
  assert.deepEqual(given.map(({kind}) => kind), asked.map(({kind}) => kind));
  for (const [index, section] of given.entries()) {
    if (asked[index].mid) assert.equal(section.mid, asked[index].mid);
    // A rejected section stays rejected.
    const bundled = /^a=bundle-only/m.test(asked[index].text);
    if (asked[index].port === 0 && !bundled) assert.equal(section.port, 0);
  }
  const group = bundleOf(answer);
  const offered = bundleOf(offer);
  assert.ok(group.every((mid) => offered.includes(mid)), 'BUNDLE as offered');
  const rejected = given.filter(({port, text}) =>
    port === 0 && !/^a=bundle-only/m.test(text));
  assert.ok(rejected.every(({mid}) => !group.includes(mid)),
    'no rejected section in BUNDLE');
  // Where sections share nothing, each accepted one can be connected to.
  for (const {mid, port, text} of given) {
    if (port === 0 || group.slice(1).includes(mid)) continue;
    assert.match(text + answer, /^a=ice-ufrag:/m);
  }
  return given.filter(({port}) => port !== 0).length;
}

async function answer(house, sdp) {
  const {peer: {name}} = await house.client.peer.createPeer({});
  await house.client.peer.setRemoteDescription(
    {name, description: {type: 'SDP_TYPE_OFFER', sdp}});
  const {description} = await house.client.peer.setLocalDescription({name});
  await house.client.peer.closePeer({name});
  return description.sdp;
}

export async function keep() {
  const offers = [...files(), ...recordings()];
  const all = [...offers, ...offers.filter(({sdp}) => bundleOf(sdp).length > 1)
    .map(withoutBundle)];
  let sections = 0;
  await inHouse([], (house) => each(all, AT_ONCE, async (offer) => {
    try {
      const sdp = await answer(house, offer.sdp);
      sections += check(offer.sdp, sdp);
    } catch (error) {
      error.message = `${offer.name}: ${error.message}`;
      throw error;
    }
  }));
  assert.ok(sections > all.length,
    `${all.length} offers, ${sections} sections`);
  return `${all.length} offers, ${sections} accepted sections`;
}

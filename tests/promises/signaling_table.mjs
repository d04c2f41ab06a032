// W3C "set a session description": which description of which side each
// signaling state takes, and what state comes of it.
import assert from 'node:assert/strict';

import {assertRefused} from './house.mjs';

const types = ['OFFER', 'PRANSWER', 'ANSWER', 'ROLLBACK'];
const NO = null;

// Columns: the local types, then the remote ones.
const table = {
  STABLE: ['HAVE_LOCAL_OFFER', NO, NO, NO, 'HAVE_REMOTE_OFFER', NO, NO, NO],
  HAVE_LOCAL_OFFER: ['HAVE_LOCAL_OFFER', NO, NO, 'STABLE',
    'HAVE_REMOTE_OFFER', 'HAVE_REMOTE_PRANSWER', 'STABLE', 'STABLE'],
  HAVE_REMOTE_OFFER: [NO, 'HAVE_LOCAL_PRANSWER', 'STABLE', 'STABLE',
    'HAVE_REMOTE_OFFER', NO, NO, 'STABLE'],
  HAVE_LOCAL_PRANSWER: [NO, 'HAVE_LOCAL_PRANSWER', 'STABLE', NO,
    NO, NO, NO, NO],
  HAVE_REMOTE_PRANSWER: [NO, NO, NO, NO,
    NO, 'HAVE_REMOTE_PRANSWER', 'STABLE', NO],
  CLOSED: [NO, NO, NO, NO, NO, NO, NO, NO],
};

const typed = (type, description) =>
  ({...description, type: `SDP_TYPE_${type}`});

// A peer, and one that plays the other end.
class Ends {
  static async make(house) {
    const ends = new Ends();
    ends.calls = house.client.peer;
    ends.name = await house.create();
    ends.other = await house.create();
    return ends;
  }

  setLocal(name, description) {
    return this.calls.setLocalDescription({name, description});
  }

  setRemote(name, description) {
    return this.calls.setRemoteDescription({name, description});
  }

  async offerOf(name) {
    const {description} = await this.calls.createOffer({name});
    return description;
  }

  // The other end's answer to what this one offered, always the same.
  async answerToOwn() {
    if (!this.answered) {
      await this.setRemote(this.other, this.offered);
      this.answered =
        (await this.calls.createAnswer({name: this.other})).description;
    }
    return this.answered;
  }

  // The peer comes to the state as any peer would.
  async reach(state) {
    const {name, other} = this;
    if (state === 'CLOSED') await this.calls.closePeer({name});
    if (/LOCAL_OFFER|REMOTE_PRANSWER/.test(state)) {
      this.offered = (await this.setLocal(name)).description;
    }
    if (/REMOTE_OFFER|LOCAL_PRANSWER/.test(state)) {
      await this.setRemote(name, await this.offerOf(other));
    }
    if (/LOCAL_PRANSWER/.test(state)) {
      const {description} = await this.calls.createAnswer({name});
      await this.setLocal(name, typed('PRANSWER', description));
    }
    if (/REMOTE_PRANSWER/.test(state)) {
      await this.setRemote(name, typed('PRANSWER', await this.answerToOwn()));
    }
  }

  async set(side, type) {
    if (side === 'local') {
      return this.setLocal(this.name, {type: `SDP_TYPE_${type}`});
    }
    if (type === 'ROLLBACK') {
      return this.setRemote(this.name, {type: 'SDP_TYPE_ROLLBACK'});
    }
    const description = type === 'OFFER' ? await this.offerOf(this.other)
      : this.offered ? await this.answerToOwn()
        : await this.offerOf(this.other);
    return this.setRemote(this.name, typed(type, description));
  }
}

function refusalOf(state, type) {
  if (state === 'CLOSED') return 'PEER_CLOSED';
  return state === 'STABLE' && type === 'ROLLBACK' ? 'NOTHING_TO_ROLL_BACK'
    : 'SIGNALING_STATE';
}

async function checkCell(house, state, side, type, next) {
  const what = `${state}: ${side} ${type}`;
  const ends = await Ends.make(house);
  await ends.reach(state);
  const before = await house.peer(ends.name, 'PEER_VIEW_FULL');
  assert.equal(before.state.signalingState, `SIGNALING_STATE_${state}`, what);
  if (next) {
    await ends.set(side, type);
    const {state: {signalingState}} = await house.peer(ends.name);
    assert.equal(signalingState, `SIGNALING_STATE_${next}`, what);
    return;
  }
  await assertRefused(ends.set(side, type), 'FAILED_PRECONDITION',
    refusalOf(state, type), what);
  const after = await house.peer(ends.name);
  // Refused, it changed nothing that a description could.
  for (const of of ['signalingState', 'negotiationNeeded', 'transceivers',
    'pendingLocalDescription', 'currentLocalDescription',
    'pendingRemoteDescription', 'currentRemoteDescription']) {
    assert.deepEqual(after.state[of], before.state[of], `${what}: ${of}`);
  }
}

// All 48 cells.
export async function checkTable(house) {
  for (const [state, row] of Object.entries(table)) {
    for (const [index, next] of row.entries()) {
      const side = index < types.length ? 'local' : 'remote';
      await checkCell(house, state, side, types[index % types.length], next);
    }
  }
}

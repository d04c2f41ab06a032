// Two peers of one server that are connected with each other.
import {randomUUID} from 'node:crypto';

import {PeerEnd} from '../js/peer_end.mjs';
import {Signaling} from '../js/signaling.mjs';

// {names, channel, other, offer, works()}: the peers' names, the open channel's
// at the one and at the other, the offer, whether a message gets through. The
// channel gets a label of its own.
export async function connect(client, request = {}) {
  const ends = ['one', 'other'].map((name) => new PeerEnd(name, client));
  const [one, other] = ends;
  const label = randomUUID();
  await one.create({dataChannels: [{label}], ...request}, (event) =>
    one.push({kind: 'event', event}));
  await other.create(request, (event) => other.push({kind: 'event', event}));
  const opened = ends.map((end) => end.take('event', ({event}) =>
    (event.dataChannelStateChange ?? event.dataChannel)?.dataChannel
      .readyState === 'DATA_CHANNEL_STATE_OPEN'));
  const {offer} = await new Signaling(one, other).negotiate();
  await Promise.all(opened);
  const [channel, theirs] = await Promise.all(ends.map(async ({peer}) => {
    const {peer: {state}} = await client.peer.getPeer({name: peer});
    return state.dataChannels[0].name;
  }));
  for (const {watch} of ends) watch.call.cancel();
  return {
    names: ends.map(({peer}) => peer),
    channel,
    other: theirs,
    offer: offer.sdp,
    async works() {
      const text = randomUUID();
      const stream = client.receiveMessages({name: channel, takeOver: true});
      try {
        const got = stream.inbox.take('a message',
          ({message}) => message.text === text);
        await client.dataChannel.sendMessage({name: theirs, text});
        return Boolean(await got);
      } finally {
        stream.call.cancel();
      }
    },
  };
}

// What each browser must be able to do with a peer that RPCs alone drive.
import assert from 'node:assert/strict';

import {within} from '../js/deadline.mjs';
import {describe, forPage, samples} from './messages.mjs';
import {Session} from './session.mjs';

const isMessage = (event) => event.kind === 'message';

// Attaches to the channel as its reader and writer.
async function attach(client, name) {
  const stream = client.exchange();
  stream.call.write({frames: [{name, attach: {}}]});
  await stream.inbox.take('attached', (frame) => frame.attached);
  return stream;
}

// All samples, each way, over one Exchange stream: whole, unchanged, in order
// and of the same type.
async function exchangeSamples({client, page}, channel, label) {
  const stream = await attach(client, channel);
  for (const [index, sample] of samples.entries()) {
    stream.call.write({
      frames: [{name: channel, message: {sequence: index + 1, ...sample}}],
    });
  }
  for (const sample of samples) {
    const event = await page.inbox.take('a message at the page', isMessage);
    assert.equal(describe(event), describe(sample), 'message to the page');
  }
  for (const sample of samples) {
    await page.call('send', forPage(label, sample));
  }
  for (const [index, sample] of samples.entries()) {
    const {message} = await stream.inbox.take('a message at Parley',
      (frame) => frame.message);
    assert.equal(describe(message), describe(sample), 'message from the page');
    assert.equal(message.sequence, index + 1);
  }
  stream.call.write({
    frames: [{name: channel, acknowledge: {sequence: samples.length}},
      {name: channel, detach: {}}],
  });
  await stream.inbox.take('detached', (frame) => frame.detached);
  stream.call.end();
  await within(10_000, 'the end of the stream', stream.ended);
}

// The same by the unary and the server-streaming call, one message each way.
async function sendAndReceive({client, page}, channel, label) {
  await client.dataChannel.sendMessage({name: channel, text: 'unary'});
  const event = await page.inbox.take('a message at the page', isMessage);
  assert.equal(describe(event), describe({text: 'unary'}));
  await page.call('send', forPage(label, {text: 'reply'}));
  const stream = client.receiveMessages({name: channel, maxMessages: 1});
  const {message} = await stream.inbox.take('a message', () => true);
  assert.equal(describe(message), describe({text: 'reply'}));
  await within(10_000, 'the end of ReceiveMessages', stream.ended);
}

// Connected by Parley's offer, its channel open there.
async function offeredByParley(context, label) {
  const session = await Session.open({...context, dataChannels: [{label}]});
  const channel = session.channels[0].name;
  await session.parleyOffers();
  await session.connected();
  await session.channelState(channel, 'OPEN');
  return {session, channel};
}

export const scenarios = {
  // CreatePeer with a channel, CreateOffer, SetLocalDescription; the page
  // answers; the page ends the call.
  async 'Parley offers'(context) {
    const label = 'chat';
    const {session, channel} = await offeredByParley(context, label);
    const {page} = session;
    const announced = await page.inbox.take('the channel at the page',
      (event) => event.kind === 'dataChannel');
    assert.deepEqual(
      {label: announced.label, ordered: announced.ordered},
      {label, ordered: true});
    await page.inbox.take('open at the page', (e) => e.kind === 'open');
    await exchangeSamples(session, channel, label);
    await sendAndReceive(session, channel, label);
    await page.call('close');
    await session.leftBy(channel);
    await session.closePeer();
    await page.stop();
  },

  // The page makes the channel and the offer; Parley answers and ends the call.
  async 'the browser offers'(context) {
    const label = 'from the page';
    const session = await Session.open(context);
    const {page} = session;
    await page.call('createDataChannel', {label, protocol: 'test'});
    await session.pageOffers();
    await session.connected();
    const {dataChannel: {dataChannel: channel}} =
      await session.inbox.take('the channel at Parley',
        (event) => event.dataChannel);
    assert.deepEqual(
      {label: channel.label, protocol: channel.protocol,
        announced: channel.announced},
      {label, protocol: 'test', announced: true});
    await page.inbox.take('open at the page', (e) => e.kind === 'open');
    await exchangeSamples(session, channel.name, label);
    await sendAndReceive(session, channel.name, label);
    await session.closePeer();
    await page.inbox.take('close at the page', (e) => e.kind === 'close');
    await page.stop();
  },

  // The channel lives on through ICE restarts that either side begins.
  async 'ICE restarts'(context) {
    const label = 'chat';
    const {session, channel} = await offeredByParley(context, label);
    await session.page.inbox.take('open at the page', (e) => e.kind === 'open');
    const stream = await attach(session.client, channel);
    let sequence = 0;
    for (const restart of ['parleyOffers', 'pageOffers', 'parleyOffers']) {
      await session[restart]({iceRestart: true});
      await session.restarted();
      const sample = {text: `after ${restart} ${++sequence}`};
      stream.call.write({frames: [{name: channel,
        message: {sequence, ...sample}}]});
      const event =
        await session.page.inbox.take('a message at the page', isMessage);
      assert.equal(describe(event), describe(sample));
      await session.page.call('send', forPage(label, sample));
      const {message} = await stream.inbox.take('a message at Parley',
        (frame) => frame.message);
      assert.equal(describe(message), describe(sample));
    }
    stream.call.end();
    await session.closePeer();
    await session.page.stop();
  },
};

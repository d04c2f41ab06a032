// libwebrtc, by the npm package @roamhq/wrtc.
import wrtc from '@roamhq/wrtc';

import {install} from '../../js/w3c_peer.mjs';
import {servePeer} from './program.mjs';

const target = {};
install({
  target,
  connect: () => new wrtc.RTCPeerConnection({iceServers: []}),
});
await servePeer(target.parley);

// werift, by the npm package of that name.
import {RTCPeerConnection} from 'werift';

import {install} from '../../js/w3c_peer.mjs';
import {servePeer} from './program.mjs';

// An empty list of servers means its default one, which it then waits for.
class Connection extends RTCPeerConnection {
  async setLocalDescription(description) {
    for (const {connection} of this.iceTransports) {
      connection.stunServer = undefined;
    }
    return super.setLocalDescription(description);
  }
}

const target = {};
install({target, connect: () => new Connection({iceServers: []})});
await servePeer(target.parley);

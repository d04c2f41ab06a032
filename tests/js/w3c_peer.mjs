// The end of a stack that has W3C's API, in a browser's page or in Node.js.
// install() is evaluated in pages, so it uses nothing outside itself. It puts
// `parley` on the target: one peer connection, with operations as methods, and
// next() for the events.
//
// Operations: open {audio}, createDataChannel {label, and what else W3C's
// RTCDataChannelInit has}, offer {restart}, answer {sdp}, accept {sdp},
// addCandidate {candidate, sdpMid, sdpMLineIndex}, send {label, messages},
// closeChannel {label}, close. offer and answer set the local description and
// return it. A message is {text} or {binary} in base64.
//
// Events, by kind: candidate {candidate}, an empty one at the end of a
// generation too where the stack says so; state {state}, W3C's connectionState;
// dataChannel {label, protocol, ordered, id}, open {label}, close {label}, message
// {label, text or binary}.
export function install(environment) {
  const {target = globalThis, connect = () => new RTCPeerConnection()} =
    environment ?? {};
  const CHUNK = 8_192;

  function toBase64(buffer) {
    const bytes = new Uint8Array(buffer);
    let characters = '';
    for (let i = 0; i < bytes.length; i += CHUNK) {
      characters += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
    }
    return btoa(characters);
  }

  const fromBase64 = (text) =>
    Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  class Peer {
    #events = [];
    #waiting = null;
    #channels = new Map();
    #connection;

    #push(event) {
      this.#events.push(event);
      this.#waiting?.();
    }

    // The events since the last call; waits for the first.
    async next() {
      if (this.#events.length === 0) {
        await new Promise((resolve) => (this.#waiting = resolve));
        this.#waiting = null;
      }
      return this.#events.splice(0);
    }

    open({audio = false}) {
      const connection = this.#connection = connect();
      connection.onicecandidate = ({candidate}) => {
        if (!candidate) return;
        const {sdpMid, sdpMLineIndex, usernameFragment} = candidate;
        this.#push({kind: 'candidate', candidate: {
          candidate: candidate.candidate, sdpMid, sdpMLineIndex,
          usernameFragment}});
      };
      connection.onconnectionstatechange = () =>
        this.#push({kind: 'state', state: connection.connectionState});
      connection.ondatachannel = ({channel}) => {
        const {label, protocol, ordered, id} = channel;
        this.#push({kind: 'dataChannel', label, protocol, ordered, id});
        this.#adopt(channel);
      };
      if (audio) connection.addTransceiver('audio');
    }

    #adopt(channel) {
      const {label} = channel;
      this.#channels.set(label, channel);
      channel.binaryType = 'arraybuffer';
      channel.onopen = () => this.#push({kind: 'open', label});
      channel.onclose = () => this.#push({kind: 'close', label});
      channel.onmessage = ({data}) =>
        this.#push(
          typeof data === 'string'
            ? {kind: 'message', label, text: data}
            : {kind: 'message', label, binary: toBase64(data)},
        );
      if (channel.readyState === 'open') this.#push({kind: 'open', label});
    }

    createDataChannel({label, ...init}) {
      this.#adopt(this.#connection.createDataChannel(label, init));
    }

    #local() {
      const {type, sdp} = this.#connection.localDescription;
      return {type, sdp};
    }

    async offer({restart = false}) {
      const offer = await this.#connection.createOffer({iceRestart: restart});
      await this.#connection.setLocalDescription(offer);
      return this.#local();
    }

    async answer({sdp}) {
      await this.#connection.setRemoteDescription({type: 'offer', sdp});
      const answer = await this.#connection.createAnswer();
      await this.#connection.setLocalDescription(answer);
      return this.#local();
    }

    async accept({sdp}) {
      await this.#connection.setRemoteDescription({type: 'answer', sdp});
    }

    async addCandidate(candidate) {
      await this.#connection.addIceCandidate(candidate);
    }

    async send({label, messages}) {
      const channel = this.#channels.get(label);
      for (const {text, binary} of messages) {
        channel.send(text ?? fromBase64(binary));
      }
    }

    async closeChannel({label}) {
      this.#channels.get(label).close();
    }

    async close() {
      await this.#connection.close();
    }
  }

  target.parley = new Peer();
}

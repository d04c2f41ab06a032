// The half that runs in the page. install() is evaluated there, so it uses
// nothing outside itself. It puts `parley` on the window: one peer connection
// whose events are read in order with next().
export function install() {
  const toBase64 = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const fromBase64 = (text) =>
    Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  class Peer {
    #events = [];
    #waiting = null;
    #channels = new Map();

    constructor() {
      this.connection = new RTCPeerConnection();
      const pc = this.connection;
      pc.onicecandidate = ({candidate}) =>
        this.#push({kind: 'candidate', candidate: candidate?.toJSON() ?? null});
      pc.onconnectionstatechange = () =>
        this.#push({kind: 'connectionState', state: pc.connectionState});
      pc.ondatachannel = ({channel}) => {
        this.#adopt(channel);
        this.#push({
          kind: 'dataChannel',
          label: channel.label,
          protocol: channel.protocol,
          ordered: channel.ordered,
          id: channel.id,
        });
      };
    }

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
      this.#adopt(this.connection.createDataChannel(label, init));
    }

    // Each sets the local description and returns it.
    async offer({iceRestart}) {
      if (iceRestart) this.connection.restartIce();
      await this.connection.setLocalDescription();
      return this.connection.localDescription.toJSON();
    }

    async answer(offer) {
      await this.connection.setRemoteDescription(offer);
      await this.connection.setLocalDescription();
      return this.connection.localDescription.toJSON();
    }

    async accept(answer) {
      await this.connection.setRemoteDescription(answer);
    }

    async addCandidate(candidate) {
      await this.connection.addIceCandidate(candidate);
    }

    send({label, text, binary}) {
      this.#channels.get(label).send(text ?? fromBase64(binary));
    }

    state() {
      const {signalingState, connectionState, iceConnectionState} =
        this.connection;
      return {signalingState, connectionState, iceConnectionState};
    }

    close() {
      this.connection.close();
    }
  }

  window.parley = new Peer();
}

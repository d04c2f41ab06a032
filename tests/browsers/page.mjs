// The half that runs in the page. install() is evaluated there, so it uses
// nothing outside itself. It puts `parley` on the window: peer connections by
// number, whose operations are those of parley_end.mjs, and the events of them
// all, read in order with next().
export function install() {
  const events = [];
  let wake = null;
  const push = (event) => {
    events.push(event);
    wake?.();
  };

  // Tracks to send: those of a receiver that nothing will ever reach need no
  // device, no permission and no time.
  const source = new RTCPeerConnection();
  const trackOf = (kind) => source.addTransceiver(kind).receiver.track;

  // After the tasks that the browser has queued by now, events among them.
  const settled = async () => {
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => {
        const {port1, port2} = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          resolve();
        };
        port2.postMessage(null);
      });
    }
  };

  class Peer {
    #id;
    #transceivers = [];
    #senderStreams = new Map();
    #streams = new Map();
    #remoteStreams = new Set();
    #channels = [];
    #negotiationNeeded = false;

    constructor(id, {bundlePolicy, rtcpMuxPolicy}) {
      this.#id = id;
      const pc = new RTCPeerConnection({bundlePolicy, rtcpMuxPolicy});
      this.connection = pc;
      pc.onicecandidate = ({candidate}) => {
        if (!candidate) return;
        push({id, kind: 'candidate', detail: candidate.toJSON()});
      };
      pc.onconnectionstatechange = () =>
        this.#changed({connectionState: pc.connectionState});
      pc.oniceconnectionstatechange = () =>
        this.#changed({iceConnectionState: pc.iceConnectionState});
      pc.onsignalingstatechange = () => {
        if (pc.signalingState === 'stable') this.#negotiationNeeded = false;
      };
      pc.onnegotiationneeded = () => {
        this.#negotiationNeeded = true;
        this.#changed({negotiationNeeded: true});
      };
      pc.ontrack = ({streams}) => {
        for (const stream of streams) this.#remoteStreams.add(stream);
      };
      pc.ondatachannel = ({channel}) => this.#adopt(channel);
    }

    #changed(event) {
      push({id: this.#id, kind: 'change', detail: event});
    }

    #adopt(channel) {
      const entry = {channel, messages: []};
      this.#channels.push(entry);
      const {label} = channel;
      channel.onopen = channel.onclose = () =>
        this.#changed({label, state: channel.readyState});
      channel.onmessage = ({data}) => {
        entry.messages.push(data);
        this.#changed({label, message: data});
      };
      this.#changed({label, state: channel.readyState});
    }

    #streamsOf(labels) {
      return labels.map((label) => {
        if (!this.#streams.has(label)) {
          this.#streams.set(label, new MediaStream());
        }
        return this.#streams.get(label);
      });
    }

    // Transceivers are numbered in the order in which they are first seen.
    #transceiver(number) {
      this.#learn();
      return this.#transceivers[number];
    }

    #learn() {
      for (const transceiver of this.connection.getTransceivers()) {
        if (!this.#transceivers.includes(transceiver)) {
          this.#transceivers.push(transceiver);
        }
      }
    }

    #codecs(kind, names) {
      const known = RTCRtpReceiver.getCapabilities(kind).codecs;
      const named = (name) => known.filter(({mimeType}) =>
        mimeType.toLowerCase() === `${kind}/${name}`.toLowerCase());
      return [...names, ...(kind === 'video' ? ['rtx'] : [])].flatMap(named);
    }

    addTransceiver({kind, direction, streams = [], rids, codecs, track}) {
      const transceiver = this.connection.addTransceiver(
        track ? trackOf(kind) : kind, {
          ...(direction && {direction}),
          streams: this.#streamsOf(streams),
          ...(rids && {sendEncodings: rids.map((rid) => ({rid}))}),
        });
      this.#senderStreams.set(transceiver.sender, streams);
      if (codecs) {
        transceiver.setCodecPreferences(this.#codecs(kind, codecs));
      }
      this.#learn();
    }

    addTrack({kind, streams = []}) {
      const sender =
        this.connection.addTrack(trackOf(kind), ...this.#streamsOf(streams));
      this.#senderStreams.set(sender, streams);
      this.#learn();
    }

    removeTrack({transceiver}) {
      this.connection.removeTrack(this.#transceiver(transceiver).sender);
    }

    async replaceTrack({transceiver, track}) {
      const {sender, receiver} = this.#transceiver(transceiver);
      await sender.replaceTrack(track ? trackOf(receiver.track.kind) : null);
    }

    setDirection({transceiver, direction}) {
      this.#transceiver(transceiver).direction = direction;
    }

    setStreams({transceiver, streams}) {
      const {sender} = this.#transceiver(transceiver);
      sender.setStreams(...this.#streamsOf(streams));
      this.#senderStreams.set(sender, streams);
    }

    setCodecPreferences({transceiver, codecs}) {
      const target = this.#transceiver(transceiver);
      target.setCodecPreferences(
        this.#codecs(target.receiver.track.kind, codecs));
    }

    // None of the header extensions that can be left out.
    limitHeaderExtensions({transceiver}) {
      const target = this.#transceiver(transceiver);
      const wanted = target.getHeaderExtensionsToNegotiate();
      for (const extension of wanted) {
        if (!extension.uri.endsWith('sdes:mid')) {
          extension.direction = 'stopped';
        }
      }
      target.setHeaderExtensionsToNegotiate(wanted);
    }

    stop({transceiver}) {
      this.#transceiver(transceiver).stop();
    }

    createDataChannel({label, ...init}) {
      this.#adopt(this.connection.createDataChannel(label, init));
    }

    closeDataChannel({label}) {
      this.#channel(label).channel.close();
    }

    restartIce() {
      this.connection.restartIce();
    }

    async createOffer(options) {
      const {type, sdp} = await this.connection.createOffer(options);
      return {type, sdp};
    }

    async createAnswer() {
      const {type, sdp} = await this.connection.createAnswer();
      return {type, sdp};
    }

    async setLocal(description) {
      const pc = this.connection;
      await (description ? pc.setLocalDescription(description)
        : pc.setLocalDescription());
      return pc.localDescription?.toJSON() ?? null;
    }

    async setRemote(description) {
      await this.connection.setRemoteDescription(description);
    }

    async addCandidate(candidate) {
      await this.connection.addIceCandidate(candidate);
    }

    #channel(label) {
      return this.#channels.find(({channel}) => channel.label === label);
    }

    send({label, text}) {
      this.#channel(label).channel.send(text);
    }

    received({label}) {
      return this.#channel(label)?.messages ?? [];
    }

    connectionState() {
      return this.connection.connectionState;
    }

    // Statistics of what ICE and DTLS do.
    async transports() {
      const report = await this.connection.getStats();
      return [...report.values()].filter(({type}) =>
        type === 'transport' || type.includes('candidate'));
    }

    #describe(transceiver) {
      const {mid, sender, receiver, direction, currentDirection} = transceiver;
      const stopped = currentDirection === 'stopped' ||
        !this.connection.getTransceivers().includes(transceiver);
      const labels = this.#senderStreams.get(sender) ?? [];
      return {
        mid: stopped ? null : mid,
        kind: receiver.track.kind,
        direction,
        currentDirection: stopped ? 'stopped' : currentDirection,
        stopped,
        streams: this.#streamsOf(labels).map(({id}) => id),
        remoteStreams: [...this.#remoteStreams]
          .filter((stream) => stream.getTracks().includes(receiver.track))
          .map(({id}) => id),
        payloadTypes: stopped ? []
          : (sender.getParameters().codecs ?? [])
            .map(({payloadType}) => payloadType),
      };
    }

    // What comparison.mjs compares.
    async snapshot() {
      await settled();
      this.#learn();
      const pc = this.connection;
      return {
        signalingState: pc.signalingState,
        connectionState: pc.connectionState,
        negotiationNeeded: this.#negotiationNeeded,
        currentLocal: pc.currentLocalDescription?.toJSON() ?? null,
        currentRemote: pc.currentRemoteDescription?.toJSON() ?? null,
        pendingLocal: pc.pendingLocalDescription?.toJSON() ?? null,
        pendingRemote: pc.pendingRemoteDescription?.toJSON() ?? null,
        transceivers: this.#transceivers.map((t) => this.#describe(t)),
        channels: this.#channels.map(({channel}) => ({
          label: channel.label,
          protocol: channel.protocol,
          ordered: channel.ordered,
          negotiated: channel.negotiated,
          maxRetransmits: channel.maxRetransmits,
          maxPacketLifeTime: channel.maxPacketLifeTime,
          id: channel.id,
          state: channel.readyState,
        })),
      };
    }
  }

  const peers = new Map();
  window.parley = {
    async next() {
      if (events.length === 0) {
        await new Promise((resolve) => (wake = resolve));
        wake = null;
      }
      return events.splice(0);
    },
    open({id, settings}) {
      peers.set(id, new Peer(id, settings));
    },
    // The value, or what was thrown.
    async operate({id, operation, argument}) {
      try {
        return {value: await peers.get(id)[operation](argument)};
      } catch ({name, message}) {
        return {error: {name, message}};
      }
    },
    close({id}) {
      peers.get(id)?.connection.close();
      peers.delete(id);
    },
    codecs(kind) {
      return RTCRtpReceiver.getCapabilities(kind).codecs.map(({mimeType}) =>
        mimeType.slice(kind.length + 1).toLowerCase());
    },
    headerExtensions() {
      return 'setHeaderExtensionsToNegotiate' in RTCRtpTransceiver.prototype;
    },
    // Whether it has provisional answers, which W3C has.
    async provisionalAnswers() {
      const offerer = new RTCPeerConnection();
      const answerer = new RTCPeerConnection();
      try {
        offerer.addTransceiver('audio');
        await answerer.setRemoteDescription(await offerer.createOffer());
        const {sdp} = await answerer.createAnswer();
        await answerer.setLocalDescription({type: 'pranswer', sdp});
        return true;
      } catch (error) {
        if (error.name === 'NotSupportedError') return false;
        throw error;
      } finally {
        offerer.close();
        answerer.close();
      }
    },
  };
}

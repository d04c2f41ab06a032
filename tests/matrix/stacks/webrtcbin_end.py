"""GStreamer's webrtcbin, as Debian has it. Operations from standard input,
results and events to standard output, a line of JSON each; see end.mjs. Ends
with its input."""

import base64
import json
import os
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

OPUS = (
    "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,"
    "encoding-params=(string)2,payload=111"
)


output = threading.Lock()


def write(**line):
    # Signals come on threads of their own.
    with output:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


class Peer:
    def __init__(self):
        self.channels = {}

    def open(self, audio):
        self.pipeline = Gst.Pipeline()
        self.bin = Gst.ElementFactory.make("webrtcbin")
        self.pipeline.add(self.bin)
        self.bin.connect("on-ice-candidate", self.on_candidate)
        self.bin.connect("on-data-channel", self.on_channel)
        self.bin.connect("notify::connection-state", self.on_state)
        self.pipeline.set_state(Gst.State.PLAYING)
        if audio:
            self.bin.emit(
                "add-transceiver",
                GstWebRTC.WebRTCRTPTransceiverDirection.SENDRECV,
                Gst.Caps.from_string(OPUS),
            )

    def on_candidate(self, _, index, candidate):
        # An empty one marks the end.
        if candidate:
            write(
                kind="candidate",
                candidate={"candidate": candidate, "sdpMLineIndex": index},
            )

    def on_state(self, *_):
        state = self.bin.get_property("connection-state")
        write(kind="state", state=state.value_nick)

    def on_channel(self, _, channel):
        write(
            kind="dataChannel",
            label=channel.get_property("label"),
            ordered=channel.get_property("ordered"),
            id=channel.get_property("id"),
        )
        self.adopt(channel)

    def adopt(self, channel):
        label = channel.get_property("label")
        self.channels[label] = channel

        def on_text(_, text):
            # Of an empty string nothing is passed on.
            write(kind="message", label=label, text=text or "")

        def on_data(_, data):
            raw = data.get_data() if data else b""
            binary = base64.b64encode(raw).decode()
            write(kind="message", label=label, binary=binary)

        channel.connect("on-open", lambda _: write(kind="open", label=label))
        channel.connect("on-close", lambda _: write(kind="close", label=label))
        channel.connect("on-message-string", on_text)
        channel.connect("on-message-data", on_data)
        channel.connect(
            "on-error",
            lambda _, error: write(kind="fault", message=str(error)),
        )
        state = channel.get_property("ready-state")
        if state == GstWebRTC.WebRTCDataChannelState.OPEN:
            write(kind="open", label=label)

    def createDataChannel(self, label, ordered):
        options = Gst.Structure.new_from_string(
            f"options, ordered=(boolean){str(ordered).lower()}"
        )
        self.adopt(self.bin.emit("create-data-channel", label, options))

    def ask(self, signal, argument):
        """Emits a signal that answers by a promise."""
        promise = Gst.Promise.new()
        self.bin.emit(signal, argument, promise)
        promise.wait()
        reply = promise.get_reply()
        if reply is not None and reply.has_field("error"):
            raise RuntimeError(reply.get_value("error").message)
        # The reply owns what it holds, and the promise the reply.
        return promise, reply

    def set_local(self, signal, kind, options):
        promise, reply = self.ask(signal, options)
        self.ask("set-local-description", reply.get_value(kind))
        local = self.bin.get_property(
            "pending-local-description"
            if kind == "offer"
            else "current-local-description"
        )
        return {"type": kind, "sdp": local.sdp.as_text()}

    def set_remote(self, kind, sdp):
        result, message = GstSdp.SDPMessage.new_from_text(sdp)
        if result != GstSdp.SDPResult.OK:
            raise RuntimeError(f"cannot parse the {kind}")
        description = GstWebRTC.WebRTCSessionDescription.new(kind, message)
        self.ask("set-remote-description", description)

    def offer(self, restart):
        options = Gst.Structure.new_from_string(
            f"options, ice-restart=(boolean){str(restart).lower()}"
        )
        return self.set_local("create-offer", "offer", options)

    def answer(self, type, sdp):
        self.set_remote(GstWebRTC.WebRTCSDPType.OFFER, sdp)
        return self.set_local("create-answer", "answer", None)

    def accept(self, type, sdp):
        self.set_remote(GstWebRTC.WebRTCSDPType.ANSWER, sdp)

    def addCandidate(self, candidate, sdpMLineIndex, **others):
        self.bin.emit("add-ice-candidate", sdpMLineIndex, candidate)

    def send(self, label, messages):
        channel = self.channels[label]
        for message in messages:
            if "text" in message:
                channel.emit("send-string", message["text"])
            else:
                raw = base64.b64decode(message["binary"])
                channel.emit("send-data", GLib.Bytes.new(raw))

    def closeChannel(self, label):
        self.channels[label].emit("close")

    def close(self):
        self.pipeline.set_state(Gst.State.NULL)


def main():
    Gst.init(None)
    peer = Peer()
    # libnice inside has signals of GLib's default context.
    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    for line in sys.stdin:
        call = json.loads(line)
        try:
            operation = getattr(peer, call["operation"])
            write(id=call["id"], result=operation(**call["argument"]))
        except Exception as error:
            write(id=call["id"], error=repr(error))
    os._exit(0)


main()

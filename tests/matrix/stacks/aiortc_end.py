"""aiortc, as Debian has it. Operations from standard input, results and events
to standard output, a line of JSON each; see end.mjs. Ends with its input."""

import asyncio
import base64
import json
import os
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp


def write(**line):
    print(json.dumps(line), flush=True)


class Peer:
    def __init__(self):
        self.channels = {}

    async def open(self, audio):
        # An empty list, for none means its default server.
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection = connection

        @connection.on("connectionstatechange")
        def _():
            write(kind="state", state=connection.connectionState)

        @connection.on("datachannel")
        def _(channel):
            write(
                kind="dataChannel",
                label=channel.label,
                ordered=channel.ordered,
                id=channel.id,
            )
            self.adopt(channel)

        if audio:
            connection.addTransceiver("audio")

    def adopt(self, channel):
        label = channel.label
        self.channels[label] = channel
        channel.on("open", lambda: write(kind="open", label=label))
        channel.on("close", lambda: write(kind="close", label=label))

        @channel.on("message")
        def _(data):
            if isinstance(data, str):
                write(kind="message", label=label, text=data)
            else:
                binary = base64.b64encode(data).decode()
                write(kind="message", label=label, binary=binary)

        if channel.readyState == "open":
            write(kind="open", label=label)

    async def createDataChannel(self, label, ordered):
        self.adopt(self.connection.createDataChannel(label, ordered=ordered))

    async def setLocal(self, description):
        await self.connection.setLocalDescription(description)
        local = self.connection.localDescription
        return {"type": local.type, "sdp": local.sdp}

    async def offer(self, restart):
        return await self.setLocal(await self.connection.createOffer())

    async def answer(self, type, sdp):
        await self.connection.setRemoteDescription(
            RTCSessionDescription(sdp, "offer")
        )
        return await self.setLocal(await self.connection.createAnswer())

    async def accept(self, type, sdp):
        await self.connection.setRemoteDescription(
            RTCSessionDescription(sdp, "answer")
        )

    async def addCandidate(
        self, candidate, sdpMid=None, sdpMLineIndex=None, **others
    ):
        parsed = candidate_from_sdp(candidate.split(":", 1)[1])
        parsed.sdpMid = sdpMid
        parsed.sdpMLineIndex = sdpMLineIndex
        await self.connection.addIceCandidate(parsed)

    async def send(self, label, messages):
        channel = self.channels[label]
        for message in messages:
            if "text" in message:
                channel.send(message["text"])
            else:
                channel.send(base64.b64decode(message["binary"]))

    async def closeChannel(self, label):
        self.channels[label].close()

    async def close(self):
        await self.connection.close()


async def serve(peer, call):
    try:
        operation = getattr(peer, call["operation"])
        result = await operation(**call["argument"])
        write(id=call["id"], result=result)
    except Exception as error:
        write(id=call["id"], error=repr(error))


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    running = set()
    while line := await reader.readline():
        task = asyncio.create_task(serve(peer, json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    os._exit(0)


asyncio.run(main())

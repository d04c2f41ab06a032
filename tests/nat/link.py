#!/usr/bin/env python3
"""Two links in user space, for kernels without the netem queue discipline.

Usage: link.py NAME=INTERFACE,INTERFACE...

Carries the frames of each link from one of its interfaces to the other. Lines
on standard input change a link, each answered by the line "ok" once it holds:

  NAME loss=0.1 delay=0.1 jitter=0.02   of IPv4 packets: a fraction, seconds one
                                        way, and how much longer at most, which
                                        also changes their order
  NAME cut                              nothing passes
  NAME heal                             passes again

Ends with its input.
"""

import heapq
import itertools
import random
import selectors
import socket
import struct
import sys
import time

ETH_P_ALL = 3
ETH_P_IP = 0x0800
SOL_PACKET = 263
PACKET_VNET_HDR = 15
# Before each frame: what its sender left to its interface, checksums and
# segments, which the other interface is to do.
HEADER_BYTES = 10
ETHERTYPE_OFFSET = HEADER_BYTES + 12


class End:
    """One interface of a link."""

    def __init__(self, interface):
        self.other = None
        self.socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((interface, 0))
        self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.socket.setblocking(False)

    def frames(self):
        try:
            while True:
                frame, address = self.socket.recvfrom(1 << 17)
                if address[2] != socket.PACKET_OUTGOING:
                    yield frame
        except BlockingIOError:
            return


class Link:
    """What lies between two ends."""

    def __init__(self, one, other):
        self.ends = (one, other)
        one.other, other.other = other, one
        self.cut = False
        self.loss = self.delay = self.jitter = 0.0

    def change(self, words):
        for word in words:
            if word in ("cut", "heal"):
                self.cut = word == "cut"
            else:
                name, value = word.split("=")
                if name not in ("loss", "delay", "jitter"):
                    raise ValueError(word)
                setattr(self, name, float(value))


class Wire:
    """All links, and the frames under way on them."""

    def __init__(self, links):
        self.links = links
        self.random = random.Random(1)
        self.under_way = []
        self.numbers = itertools.count()

    def take(self, link, end):
        for frame in end.frames():
            delay = 0.0
            if struct.unpack_from("!H", frame, ETHERTYPE_OFFSET)[0] == ETH_P_IP:
                if link.cut or self.random.random() < link.loss:
                    continue
                delay = link.delay + self.random.random() * link.jitter
            heapq.heappush(
                self.under_way,
                (time.monotonic() + delay, next(self.numbers), end.other, frame))

    def deliver(self):
        """Gives the seconds until the next is due; None for nothing."""
        now = time.monotonic()
        while self.under_way and self.under_way[0][0] <= now:
            _, _, end, frame = heapq.heappop(self.under_way)
            try:
                end.socket.send(frame)
            except OSError:
                pass  # full, or gone: lost
        return self.under_way[0][0] - now if self.under_way else None

    def run(self):
        selector = selectors.DefaultSelector()
        selector.register(sys.stdin, selectors.EVENT_READ)
        for link in self.links.values():
            for end in link.ends:
                selector.register(end.socket, selectors.EVENT_READ, (link, end))
        print("ok", flush=True)
        wait = None
        while True:
            for key, _ in selector.select(wait):
                if key.data:
                    self.take(*key.data)
                    continue
                words = sys.stdin.readline().split()
                if not words:
                    return
                self.links[words[0]].change(words[1:])
                print("ok", flush=True)
            wait = self.deliver()


def main():
    links = {}
    for argument in sys.argv[1:]:
        name, interfaces = argument.split("=")
        links[name] = Link(*map(End, interfaces.split(",")))
    Wire(links).run()


main()

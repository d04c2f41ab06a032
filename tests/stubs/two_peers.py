#!/usr/bin/python3
"""Connects two peers of a Parley server, by its .proto files alone.

Usage: two_peers.py HOST:PORT

Both peers are the server's here. In real life the second one is a browser, and
descriptions and candidates reach it by whatever signaling there is.
"""
import concurrent.futures
import sys
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2
from parley.v1.data_channel_pb2 import DATA_CHANNEL_STATE_OPEN
from parley.v1.data_channel_service_pb2 import *
from parley.v1.data_channel_service_pb2_grpc import DataChannelServiceStub
from parley.v1.negotiation_calls_pb2 import *
from parley.v1.peer_calls_pb2 import *
from parley.v1.peer_service_pb2_grpc import PeerServiceStub
from parley.v1.watch_calls_pb2 import *

# What a call may take, and a stream may live.
DEADLINE = '{"methodConfig": [{"name": [{}], "timeout": "30s"}]}'
server = grpc.insecure_channel(sys.argv[1], [('grpc.service_config', DEADLINE)])
peers, channels = PeerServiceStub(server), DataChannelServiceStub(server)


def opened(name, other):
    """The channel that opens. Candidates go to the other peer meanwhile."""
    updates = peers.WatchPeer(WatchPeerRequest(name=name, after_sequence=0))
    for event in (update.event for update in updates):
        if event.HasField('local_candidate'):
            peers.AddIceCandidates(AddIceCandidatesRequest(
                name=other, candidates=[event.local_candidate.candidate]))
        channel = event.data_channel_state_change.data_channel
        if channel.ready_state == DATA_CHANNEL_STATE_OPEN:
            return channel.name
    raise RuntimeError(f'{name} was closed')


def deliver(source, target, text):
    channels.SendMessage(SendMessageRequest(name=source, text=text))
    for reply in channels.ReceiveMessages(
            ReceiveMessagesRequest(name=target, max_messages=1)):
        print('received:', reply.message.text)


def error_info(error):
    """What happened (google.rpc.ErrorInfo); the code says what to do."""
    metadata = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(metadata['grpc-status-details-bin'])
    info = error_details_pb2.ErrorInfo()
    return next(info for detail in status.details if detail.Unpack(info))


# Repeated with the same request_id, the call creates no second peer.
one = peers.CreatePeer(CreatePeerRequest(
    data_channels=[{'label': 'chat'}], request_id=str(uuid.uuid4()))).peer.name
two = peers.CreatePeer(CreatePeerRequest()).peer.name
for name, other in (one, two), (two, one):  # The offer, then the answer.
    local = peers.SetLocalDescription(SetLocalDescriptionRequest(name=name))
    peers.SetRemoteDescription(SetRemoteDescriptionRequest(
        name=other, description=local.description))
with concurrent.futures.ThreadPoolExecutor() as pool:
    here, there = pool.map(opened, (one, two), (two, one))
deliver(here, there, 'hello')
deliver(there, here, 'hello yourself')
try:
    peers.CreateAnswer(CreateAnswerRequest(name=one))  # There is no offer.
except grpc.RpcError as error:
    info = error_info(error)
    print(error.code().name, info.reason, info.metadata['dom_exception'])
for name in one, two:
    peers.ClosePeer(ClosePeerRequest(name=name))

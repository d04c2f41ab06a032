// Rules of sections C and D: rollback, provisional answers, negotiation needed.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;
using testing::Replaced;
using testing::WithoutLines;

TEST(Conformance, Rule_25_NothingToRollBackInStable) {
  Engine a;
  Engine b(2);
  EXPECT_TRUE(
      HasReason(a.TryRollback(Side::kLocal), Reason::kNothingToRollBack));
  EXPECT_TRUE(HasReason(a.TryRemote({.type = SdpType::kRollback}),
                        Reason::kNothingToRollBack));
  a.Add(MediaKind::kAudio);
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  b.SetLocal(SdpType::kPranswer, answer);
  EXPECT_TRUE(HasReason(b.TryRollback(Side::kRemote), Reason::kSignalingState));
  a.SetRemote(SdpType::kPranswer, answer);
  EXPECT_TRUE(HasReason(a.TryRollback(Side::kLocal), Reason::kSignalingState));
}

TEST(Conformance, Rule_26_RollbackThroughEitherCall) {
  for (const Side side : {Side::kLocal, Side::kRemote}) {
    Engine a;
    const TransceiverId id = a.Add(MediaKind::kAudio);
    a.SetLocal(SdpType::kOffer);
    a.RollBack(side);
    EXPECT_EQ(a.session.state, SignalingState::kStable);
    EXPECT_FALSE(a.Get(id).mid);
    EXPECT_TRUE(a.session.transports.empty());
    const auto rolled = Only<RolledBack>(a.effects);
    ASSERT_EQ(rolled.size(), 1u);
    EXPECT_EQ(rolled[0].side, Side::kLocal);
    EXPECT_FALSE(rolled[0].implicit);
  }
}

TEST(Conformance, Rule_27_RollbackOfARemoteOffer) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  const TransceiverId own = b.AddTrack(MediaKind::kVideo, "t0");
  b.SetRemote(SdpType::kOffer, a.CreateOffer());
  ASSERT_EQ(b.session.transceivers.size(), 2u);
  EXPECT_EQ(b.Get(own).mid, "1");
  const TransceiverId made = b.session.transceivers[1].id;
  b.RollBack(Side::kRemote);
  // The one that the offer made is gone, the other one has lost its mid.
  EXPECT_EQ(b.session.transceivers.size(), 1u);
  EXPECT_FALSE(b.Get(own).mid);
  const auto removed = Only<TransceiverRemoved>(b.effects);
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(removed[0].transceiver, made);
}

TEST(Conformance, Rule_27_AddTrackKeepsWhatARemoteOfferMade) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  b.SetRemote(SdpType::kOffer, a.CreateOffer());
  const TransceiverId id = b.session.transceivers[0].id;
  EXPECT_EQ(b.AddTrack(MediaKind::kAudio, "mic"), id);
  b.RollBack(Side::kRemote);
  ASSERT_EQ(b.session.transceivers.size(), 1u);
  EXPECT_FALSE(b.Get(id).mid);
  EXPECT_EQ(b.Get(id).direction, Direction::kSendRecv);
  EXPECT_TRUE(b.Get(id).remote_stream_ids.empty());
  // The next offer finds it, as it finds what addTrack made.
  Negotiate(a, b);
  ASSERT_EQ(b.session.transceivers.size(), 1u);
  EXPECT_EQ(b.Get(id).current_direction, Direction::kSendRecv);
  EXPECT_FALSE(NegotiationNeeded(b.session));
}

TEST(Conformance, Rule_27_WhatWasStoppingIsStopped) {
  Engine a;
  const TransceiverId id = a.Add(MediaKind::kAudio);
  a.SetLocal(SdpType::kOffer);
  ASSERT_TRUE(StopTransceiver(a.session, id).ok());
  EXPECT_FALSE(a.Get(id).stopped);
  a.RollBack();
  // No section is left in which its end could be negotiated.
  EXPECT_TRUE(a.Get(id).stopped);
  EXPECT_FALSE(NegotiationNeeded(a.session));
}

TEST(Conformance, Rule_28_RollbackRestoresTheStableState) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.AddData();
  Negotiate(a, b);
  const auto sections = a.session.sections;
  const Transport before = a.session.transports[0];
  const auto sctp = a.session.sctp;
  a.Add(MediaKind::kVideo);
  a.SetLocal(SdpType::kOffer, a.CreateOffer({.ice_restart = true}));
  EXPECT_EQ(a.session.transports[0].generation, 2u);
  a.RollBack();
  EXPECT_EQ(a.session.sections, sections);
  EXPECT_EQ(a.session.sctp, sctp);
  Transport after = a.session.transports[0];
  EXPECT_EQ(after.last_generation, 2u);
  after.last_generation = before.last_generation;
  EXPECT_EQ(after, before);
  const auto abandoned = Only<AbandonIce>(a.effects);
  ASSERT_EQ(abandoned.size(), 1u);
  EXPECT_EQ(abandoned[0].generation, 2u);
  // A generation is never used again.
  a.SetLocal(SdpType::kOffer, a.CreateOffer({.ice_restart = true}));
  EXPECT_EQ(a.session.transports[0].generation, 3u);
}

TEST(Conformance, Rule_28_RollbackRestoresEncodings) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kVideo);
  const std::string offer =
      a.CreateOffer() +
      "a=rid:h recv\r\na=rid:l recv\r\na=simulcast:recv h;l\r\n";
  const TransceiverId id = b.AddTrack(MediaKind::kVideo, "cam");
  b.SetRemote(SdpType::kOffer, offer);
  EXPECT_EQ(b.Get(id).encodings.size(), 2u);
  b.RollBack(Side::kRemote);
  ASSERT_EQ(b.Get(id).encodings.size(), 1u);
  EXPECT_EQ(b.Get(id).encodings[0].rid, "");
}

TEST(Conformance, Rule_29_GlareRollsBackAndApplies) {
  Engine a;
  Engine b(2);
  const TransceiverId own = a.Add(MediaKind::kAudio);
  b.Add(MediaKind::kVideo);
  a.SetLocal(SdpType::kOffer);
  a.SetRemote(SdpType::kOffer, b.CreateOffer());
  EXPECT_EQ(a.session.state, SignalingState::kHaveRemoteOffer);
  EXPECT_FALSE(a.session.pending_local);
  EXPECT_FALSE(a.Get(own).mid);
  const auto rolled = Only<RolledBack>(a.effects);
  ASSERT_EQ(rolled.size(), 1u);
  EXPECT_TRUE(rolled[0].implicit);
  const auto states = Only<SignalingStateChanged>(a.effects);
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states[0].to, SignalingState::kStable);
  EXPECT_EQ(states[1].to, SignalingState::kHaveRemoteOffer);
  a.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(a.session.state, SignalingState::kStable);
  EXPECT_TRUE(NegotiationNeeded(a.session));
}

TEST(Conformance, Rule_29_ABadOfferLeavesTheRollback) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  b.Add(MediaKind::kVideo);
  a.SetLocal(SdpType::kOffer);
  const absl::Status refused =
      a.TryRemote({.text = WithoutLines(b.CreateOffer(), "a=ice-pwd")});
  EXPECT_TRUE(HasReason(refused, Reason::kIceCredentialsMissing));
  EXPECT_EQ(GetError(refused)->metadata.back(),
            (std::pair<std::string, std::string>("rolled_back", "true")));
  EXPECT_EQ(a.session.state, SignalingState::kStable);
  EXPECT_FALSE(a.session.pending_local);
  EXPECT_FALSE(a.session.pending_remote);
  EXPECT_EQ(Only<RolledBack>(a.effects).size(), 1u);
  EXPECT_EQ(Only<CloseTransport>(a.effects).size(), 1u);
}

TEST(Conformance, Rule_30_PranswersFreeNothing) {
  Engine a;
  Engine b(2, testing::DefaultConfiguration('B'));
  const TransceiverId audio = a.Add(MediaKind::kAudio);
  const TransceiverId video = a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  ASSERT_EQ(a.session.transports.size(), 2u);
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  // The first one holds everything, and bundles.
  a.SetRemote(SdpType::kPranswer, Replaced(answer, "a=recvonly", "a=inactive"));
  EXPECT_EQ(a.session.state, SignalingState::kHaveRemotePranswer);
  EXPECT_EQ(a.session.transports.size(), 2u);
  EXPECT_TRUE(Only<CloseTransport>(a.effects).empty());
  EXPECT_EQ(a.Get(audio).current_direction, Direction::kInactive);
  // The second one rejects the video, and still frees nothing.
  std::string second = testing::ReplacedOnce(answer, "m=video 9", "m=video 0");
  second = testing::ReplacedOnce(second, "BUNDLE 0 1", "BUNDLE 0");
  a.SetRemote(SdpType::kPranswer, second);
  EXPECT_FALSE(a.Get(video).stopped);
  EXPECT_EQ(a.session.transports.size(), 2u);
  // The final one takes it after all.
  a.SetRemote(SdpType::kAnswer, answer);
  EXPECT_EQ(a.session.state, SignalingState::kStable);
  EXPECT_EQ(a.Get(video).current_direction, Direction::kSendOnly);
  EXPECT_EQ(a.session.transports.size(), 1u);
  EXPECT_EQ(Only<CloseTransport>(a.effects).size(), 1u);
}

TEST(Conformance, Rule_30_LocalPranswersMayDiffer) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  b.SetRemote(SdpType::kOffer, a.CreateOffer());
  const TransceiverId id = b.session.transceivers[0].id;
  ASSERT_TRUE(SetDirection(b.session, id, Direction::kInactive).ok());
  b.SetLocal(SdpType::kPranswer);
  EXPECT_EQ(b.session.state, SignalingState::kHaveLocalPranswer);
  EXPECT_EQ(b.Get(id).current_direction, Direction::kInactive);
  const IceCredentials local = b.session.transports[0].local;
  ASSERT_TRUE(SetDirection(b.session, id, Direction::kSendRecv).ok());
  b.SetLocal(SdpType::kPranswer);
  EXPECT_EQ(b.Get(id).current_direction, Direction::kSendRecv);
  b.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(b.session.state, SignalingState::kStable);
  ASSERT_EQ(b.session.transports.size(), 1u);
  EXPECT_EQ(b.session.transports[0].local, local);
}

TEST(Conformance, Rule_31_NegotiationNeededOncePerStable) {
  Engine a;
  Engine b(2);
  NegotiationNeededFlag flag;
  EXPECT_FALSE(flag.Update(a.session, true));
  a.Add(MediaKind::kAudio);
  EXPECT_FALSE(flag.Update(a.session, /*chain_empty=*/false));
  EXPECT_TRUE(flag.Update(a.session, true));
  a.Add(MediaKind::kVideo);
  EXPECT_FALSE(flag.Update(a.session, true));
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  a.AddData();
  EXPECT_FALSE(flag.Update(a.session, true));  // not stable
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  b.SetLocal(SdpType::kAnswer, answer);
  a.SetRemote(SdpType::kAnswer, answer);
  flag.Clear();
  EXPECT_TRUE(flag.Update(a.session, true));
}

TEST(Conformance, Rule_32_ManyChangesAreOneEvent) {
  Engine a;
  NegotiationNeededFlag flag;
  int events = 0;
  for (int i = 0; i < 10; ++i) {
    a.Add(MediaKind::kAudio);
    events += flag.Update(a.session, true);
  }
  EXPECT_EQ(events, 1);
}

TEST(Conformance, Rule_33_WhatMakesAnOfferDue) {
  const auto negotiated = [] {
    Engine a;
    Engine b(2);
    a.Add(MediaKind::kAudio, {.stream_ids = {"s"}});
    Negotiate(a, b);
    EXPECT_FALSE(NegotiationNeeded(a.session));
    EXPECT_FALSE(NegotiationNeeded(b.session));
    return std::pair(a.session, b.session);
  };
  const auto [offerer, answerer] = negotiated();
  testing::SmallRandom random(1);
  const TransceiverId id = offerer.transceivers[0].id;
  {
    Session a = offerer;
    ASSERT_TRUE(NoteDataChannelCreated(a).ok());
    EXPECT_TRUE(NegotiationNeeded(a));
  }
  {
    Session a = offerer;
    ASSERT_TRUE(AddTransceiver(a, MediaKind::kVideo, {}, random).ok());
    EXPECT_TRUE(NegotiationNeeded(a));
  }
  {
    Session a = offerer;
    ASSERT_TRUE(SetDirection(a, id, Direction::kInactive).ok());
    EXPECT_TRUE(NegotiationNeeded(a));
    // What was offered, and what came of it, are both in force.
    ASSERT_TRUE(SetDirection(a, id, Direction::kSendRecv).ok());
    EXPECT_FALSE(NegotiationNeeded(a));
    ASSERT_TRUE(SetDirection(a, id, Direction::kSendOnly).ok());
    EXPECT_FALSE(NegotiationNeeded(a));
    ASSERT_TRUE(SetDirection(a, id, Direction::kRecvOnly).ok());
    EXPECT_TRUE(NegotiationNeeded(a));
  }
  {
    Session b = answerer;
    const TransceiverId theirs = b.transceivers[0].id;
    ASSERT_TRUE(SetDirection(b, theirs, Direction::kSendRecv).ok());
    EXPECT_TRUE(NegotiationNeeded(b));
  }
  {
    Session a = offerer;
    ASSERT_TRUE(SetStreams(a, id, {"other"}).ok());
    EXPECT_TRUE(NegotiationNeeded(a));
    ASSERT_TRUE(SetStreams(a, id, {"s"}).ok());
    EXPECT_FALSE(NegotiationNeeded(a));
  }
  {
    Session a = offerer;
    ASSERT_TRUE(StopTransceiver(a, id).ok());
    EXPECT_TRUE(NegotiationNeeded(a));
  }
  {
    Session a = offerer;
    ASSERT_TRUE(RestartIce(a).ok());
    EXPECT_TRUE(NegotiationNeeded(a));
  }
}

TEST(Conformance, Rule_34_RestartIceIsKeptUntilSatisfied) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  Negotiate(a, b);
  // While an offer is out: due afterwards.
  a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  ASSERT_TRUE(RestartIce(a.session).ok());
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  b.SetLocal(SdpType::kAnswer, answer);
  a.SetRemote(SdpType::kAnswer, answer);
  EXPECT_TRUE(NegotiationNeeded(a.session));
  // The other end restarts: that is enough.
  Negotiate(b, a, {.ice_restart = true});
  EXPECT_FALSE(NegotiationNeeded(a.session));
}

TEST(Conformance, Rule_34_RestartIceByOurOwnOffer) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  Negotiate(a, b);
  const IceCredentials before = a.session.transports[0].local;
  ASSERT_TRUE(RestartIce(a.session).ok());
  Negotiate(a, b);
  EXPECT_NE(a.session.transports[0].local.ufrag, before.ufrag);
  EXPECT_FALSE(NegotiationNeeded(a.session));
}

TEST(Conformance, Rule_35_WhatMakesNoOfferDue) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kAudio, {.track_id = "mic"});
  a.AddData();
  Negotiate(a, b);
  ASSERT_TRUE(ReplaceTrack(a.session, id, "other").ok());
  a.AddData();
  ASSERT_TRUE(SetEncodings(a.session, id, {{.max_bitrate = 64'000}}).ok());
  EXPECT_FALSE(NegotiationNeeded(a.session));
}

}  // namespace
}  // namespace parley::jsep

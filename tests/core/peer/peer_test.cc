// A peer's negotiation and life, over a network that is not there.

#include "core/peer/peer.h"

#include "tests/core/peer/peer_fixture.h"

namespace parley::peer {
namespace {

using jsep::SdpType;
using jsep::SignalingState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class PeerTest : public PeerFixture {};

TEST_F(PeerTest, TwoPeersConnectAndMessagesCross) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  EXPECT_EQ(StateOf(*a).connection_state, ConnectionState::kConnected);
  EXPECT_EQ(StateOf(*b).connection_state, ConnectionState::kConnected);
  ASSERT_EQ(StateOf(*a).channels.size(), 1u);
  EXPECT_EQ(StateOf(*a).channels[0].state, sctp::ChannelState::kOpen);
  ASSERT_EQ(StateOf(*b).channels.size(), 1u);
  EXPECT_EQ(StateOf(*b).channels[0].init.label, "chat");

  std::optional<absl::Status> sent;
  a->SendMessage({}, StateOf(*a).channels[0].key, false, "hello",
                 [&](absl::Status status, const View&) { sent = status; });
  executor_.RunReady();
  ASSERT_TRUE(sent.has_value() && sent->ok()) << *sent;
  b->Post([&] {
    const auto message = b->channel_ends().Next(b->channels().All()[0]->key, 0);
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->data, "hello");
    EXPECT_FALSE(message->binary);
  });
}

// Also when no event tells of it.
TEST_F(PeerTest, TheBufferedAmountIsThatOfTheMoment) {
  PeerInit init = WithChannel();
  init.channels[0].buffered_amount_low_threshold = 100;
  auto a = MakePeer(std::move(init));
  auto b = MakePeer();
  Negotiate(*a, *b);
  const auto amount = [&] { return StateOf(*a).channels[0].buffered_amount; };
  EXPECT_EQ(amount(), 0u);
  std::vector<uint64_t> replied;
  for (int i = 0; i < 2; ++i) {
    a->SendMessage({}, 1, false, "hello", [&](absl::Status, const View& view) {
      replied.push_back(view.state.channels[0].buffered_amount);
    });
  }
  EXPECT_EQ(replied, (std::vector<uint64_t>{5, 10}));
  executor_.RunReady();
  EXPECT_EQ(amount(), 0u);
}

TEST_F(PeerTest, EventsComeInW3cOrderAndAreNumberedWithoutGaps) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  const auto events = Events(*a);
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i]->sequence, i + 1);
  }
  ASSERT_FALSE(events.empty());
  EXPECT_TRUE(std::holds_alternative<NegotiationNeeded>(events[0]->body));
  ASSERT_TRUE(std::holds_alternative<DescriptionApplied>(events[1]->body));
  const auto& applied = std::get<DescriptionApplied>(events[1]->body);
  EXPECT_EQ(applied.type, SdpType::kOffer);
  // The state is visible before the event that tells of it.
  EXPECT_EQ(applied.state->signaling_state, SignalingState::kHaveLocalOffer);
  EXPECT_EQ(applied.state->last_event_sequence, events[1]->sequence);
  EXPECT_TRUE(std::holds_alternative<SignalingStateChange>(events[2]->body));

  std::vector<ConnectionState> states;
  for (const auto& change : EventsOf<ConnectionStateChange>(*a)) {
    states.push_back(change.state);
  }
  EXPECT_THAT(states, ElementsAre(ConnectionState::kConnecting,
                                  ConnectionState::kConnected));
}

TEST_F(PeerTest, NoCandidateIsShownBeforeItsDescriptionIsSet) {
  auto a = MakePeer(WithChannel());
  ASSERT_TRUE(SetLocal(*a).ok());
  bool applied = false;
  for (const auto& event : Events(*a)) {
    if (std::holds_alternative<DescriptionApplied>(event->body)) applied = true;
    if (std::holds_alternative<LocalCandidateFound>(event->body)) {
      EXPECT_TRUE(applied);
    }
  }
  EXPECT_EQ(EventsOf<LocalCandidateFound>(*a).size(), 2u);  // and the end
  EXPECT_THAT(LocalText(*a), HasSubstr("a=candidate:"));
}

TEST_F(PeerTest, CreateOfferChangesNoState) {
  auto a = MakePeer(WithChannel());
  const uint64_t before = StateOf(*a).last_event_sequence;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(CreateOffer(*a).ok());
  const Snapshot after = StateOf(*a);
  EXPECT_EQ(after.last_event_sequence, before);
  EXPECT_FALSE(after.pending_local.has_value());
  EXPECT_EQ(network_.open(), 0u);
}

TEST_F(PeerTest, CreateOfferWaitsForACertificateInTheMaking) {
  hold_certificates_ = true;
  auto a = MakePeer(WithChannel());
  std::optional<absl::Status> offered;
  std::optional<absl::Status> restarted;
  a->CreateOffer(
      {}, {}, [&](auto created, const View&) { offered = created.status(); });
  a->RestartIce({}, [&](absl::Status status, const View&) {
    EXPECT_TRUE(offered.has_value()) << "overtook createOffer";
    restarted = status;
  });
  executor_.RunReady();
  EXPECT_FALSE(offered.has_value());
  EXPECT_FALSE(restarted.has_value());
  ASSERT_EQ(waiting_certificates_.size(), 1u);
  waiting_certificates_[0](certificate_);
  EXPECT_EQ(offered, absl::OkStatus());
  EXPECT_EQ(restarted, absl::OkStatus());
}

TEST_F(PeerTest, WithoutACertificateCreateOfferIsNotReadable) {
  certificate_ = MakeRetryableError(Reason::kCertificateGeneration,
                                    "OpenSSL refused", absl::Seconds(1));
  auto a = MakePeer(WithChannel());
  const auto offer = CreateOffer(*a);
  EXPECT_TRUE(HasReason(offer.status(), Reason::kCertificateGeneration));
  EXPECT_EQ(GetError(offer.status())->exception,
            DomException::kNotReadableError);
}

TEST_F(PeerTest, ARefusedStartLeavesEverythingAsItWas) {
  auto a = MakePeer(WithChannel());
  const auto offer = CreateOffer(*a);
  ASSERT_TRUE(offer.ok());
  network_.FailNextStart(
      MakeRetryableError(Reason::kPorts, "no port", absl::Seconds(1)));
  const absl::Status refused = SetLocal(*a, SdpType::kOffer, *offer);
  EXPECT_TRUE(HasReason(refused, Reason::kPorts)) << refused;
  EXPECT_EQ(StateOf(*a).signaling_state, SignalingState::kStable);
  EXPECT_EQ(network_.open(), 0u);
  EXPECT_TRUE(EventsOf<LocalCandidateFound>(*a).empty());
  // The same offer can be set later.
  EXPECT_TRUE(SetLocal(*a, SdpType::kOffer, *offer).ok());
}

TEST_F(PeerTest, ARestartThatCannotStartKeepsWhatIsConnected) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  a->RestartIce({}, [](absl::Status status, const View&) {
    EXPECT_TRUE(status.ok()) << status;
  });
  network_.FailNextStart(
      MakeRetryableError(Reason::kPorts, "no port", absl::Seconds(1)));
  const absl::Status refused = SetLocal(*a);
  EXPECT_TRUE(HasReason(refused, Reason::kPorts)) << refused;
  EXPECT_EQ(network_.rolled_back(), 0u);
  EXPECT_EQ(StateOf(*a).connection_state, ConnectionState::kConnected);
  // What did start is rolled back as ever.
  ASSERT_TRUE(SetLocal(*a).ok());
  ASSERT_TRUE(SetLocal(*a, SdpType::kRollback).ok());
  executor_.RunReady();
  EXPECT_EQ(network_.rolled_back(), 1u);
}

TEST_F(PeerTest, ARestartHasYetToGatherWhenItsDescriptionIsApplied) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  Negotiate(*a, *b);
  ASSERT_EQ(StateOf(*a).ice_gathering_state, ice::GatheringState::kComplete);
  a->RestartIce({}, [](absl::Status status, const View&) {
    EXPECT_TRUE(status.ok()) << status;
  });
  const auto set = [this, &a](std::optional<SdpType> type) {
    std::optional<ice::GatheringState> then;
    a->SetLocalDescription({}, type, "",
                           [&then](absl::Status status, const View& view) {
                             EXPECT_TRUE(status.ok()) << status;
                             then = view.state.ice_gathering_state;
                           });
    executor_.RunReady();
    return then;
  };
  EXPECT_EQ(set(std::nullopt), ice::GatheringState::kGathering);
  EXPECT_EQ(StateOf(*a).ice_gathering_state, ice::GatheringState::kComplete);
  EXPECT_EQ(set(SdpType::kRollback), ice::GatheringState::kComplete);
}

TEST_F(PeerTest, BrokenSdpIsRefusedWithItsLineAndChangesNothing) {
  auto a = MakePeer(WithChannel());
  const uint64_t before = StateOf(*a).last_event_sequence;
  const absl::Status refused =
      SetRemote(*a, SdpType::kOffer, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nq\r\n");
  EXPECT_TRUE(HasReason(refused, Reason::kSdpSyntax)) << refused;
  EXPECT_EQ(StateOf(*a).last_event_sequence, before);
  EXPECT_EQ(StateOf(*a).signaling_state, SignalingState::kStable);
}

TEST_F(PeerTest, AnswerInStableIsAnInvalidState) {
  auto a = MakePeer();
  EXPECT_TRUE(HasReason(CreateAnswer(*a).status(), Reason::kSignalingState));
}

TEST_F(PeerTest, AnImpolitePeerRefusesTheCrossingOffer) {
  PeerInit init = WithChannel();
  init.polite = false;
  auto a = MakePeer(std::move(init));
  auto b = MakePeer(WithChannel());
  ASSERT_TRUE(SetLocal(*a).ok());
  ASSERT_TRUE(SetLocal(*b).ok());
  const absl::Status glare = SetRemote(*a, SdpType::kOffer, LocalText(*b));
  EXPECT_TRUE(HasReason(glare, Reason::kGlare)) << glare;
  EXPECT_EQ(StateOf(*a).signaling_state, SignalingState::kHaveLocalOffer);
  // The polite one rolls back and answers.
  EXPECT_TRUE(SetRemote(*b, SdpType::kOffer, LocalText(*a)).ok());
  EXPECT_TRUE(SetLocal(*b).ok());
  EXPECT_TRUE(SetRemote(*a, SdpType::kAnswer, LocalText(*b)).ok());
  executor_.RunReady();
  EXPECT_EQ(StateOf(*a).connection_state, ConnectionState::kConnected);
}

// Its own offer is gone by then, as W3C has it of a refused one.
TEST_F(PeerTest, AnAnswerThatCannotStartSaysThatTheOwnOfferIsRolledBack) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer(WithChannel());
  auto c = MakePeer();
  ASSERT_TRUE(SetLocal(*b).ok());
  ASSERT_TRUE(SetLocal(*a).ok());
  const auto answer = [&](Peer& peer) {
    network_.FailNextStart(
        MakeRetryableError(Reason::kPorts, "no port", absl::Seconds(1)));
    std::optional<absl::Status> answered;
    peer.AnswerOffer({}, LocalText(*b), [&](absl::Status status, const View&) {
      answered = std::move(status);
    });
    executor_.RunReady();
    return answered.value_or(absl::UnknownError("no answer"));
  };
  const auto rolled_back = [](const absl::Status& status) {
    const std::optional<Error> error = GetError(status);
    for (const auto& [key, value] : error->metadata) {
      if (key == "rolled_back") return value == "true";
    }
    return false;
  };
  const absl::Status crossing = answer(*a);
  EXPECT_TRUE(HasReason(crossing, Reason::kPorts)) << crossing;
  EXPECT_TRUE(rolled_back(crossing));
  EXPECT_EQ(StateOf(*a).signaling_state, SignalingState::kStable);
  const absl::Status alone = answer(*c);
  EXPECT_TRUE(HasReason(alone, Reason::kPorts)) << alone;
  EXPECT_FALSE(rolled_back(alone));
}

TEST_F(PeerTest, CandidatesMayOvertakeTheirDescription) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  ASSERT_TRUE(SetLocal(*a).ok());
  std::vector<CandidateInput> inputs;
  for (const auto& found : EventsOf<LocalCandidateFound>(*a)) {
    inputs.push_back({found.candidate.candidate, found.candidate.mid,
                      std::nullopt, found.candidate.ufrag});
  }
  std::vector<CandidateResult> results;
  b->AddIceCandidates({}, inputs, true, [&](auto r, const View&) {
    ASSERT_TRUE(r.ok());
    results = *r;
  });
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].outcome, jsep::CandidateOutcome::kQueued);
  std::string bare = LocalText(*a);
  for (size_t at; (at = bare.find("a=candidate")) != std::string::npos;) {
    bare.erase(at, bare.find('\n', at) + 1 - at);
  }
  if (size_t at = bare.find("a=end-of-candidates"); at != std::string::npos) {
    bare.erase(at, bare.find('\n', at) + 1 - at);
  }
  ASSERT_TRUE(SetRemote(*b, SdpType::kOffer, bare).ok());
  ASSERT_TRUE(SetLocal(*b).ok());
  ASSERT_TRUE(SetRemote(*a, SdpType::kAnswer, LocalText(*b)).ok());
  executor_.RunReady();
  EXPECT_EQ(StateOf(*b).connection_state, ConnectionState::kConnected);
}

TEST_F(PeerTest, AHostNameCandidateIsIgnoredNotRefused) {
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  ASSERT_TRUE(SetLocal(*a).ok());
  ASSERT_TRUE(SetRemote(*b, SdpType::kOffer, LocalText(*a)).ok());
  std::vector<CandidateResult> results;
  b->AddIceCandidates(
      {},
      {{"candidate:1 1 udp 2113937151 5fbbb84b-1a6a.local 5000 typ host",
        std::nullopt, 0u, std::nullopt},
       {"candidate:nonsense", std::nullopt, 0u, std::nullopt}},
      true, [&](auto r, const View&) { results = *r; });
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].ignored, CandidateIgnored::kHostName);
  EXPECT_TRUE(HasReason(results[1].error, Reason::kCandidateSyntax));
}

TEST_F(PeerTest, HostNameCandidatesAreCountedHoweverTheyCome) {
  class Names final : public EventSink {
   public:
    void OnJoined(const View&) override {}
    void OnEvent(const std::shared_ptr<const Event>&) override {}
    void OnMessageSent(size_t) override {}
    void OnMessageReceived(size_t) override {}
    void OnCandidateNameIgnored() override { ++count; }
    int count = 0;
  };
  auto a = MakePeer(WithChannel());
  auto b = MakePeer();
  const auto names = std::make_shared<Names>();
  b->Join(names);
  ASSERT_TRUE(SetLocal(*a).ok());
  const auto name = [](char first) {
    return std::string("candidate:1 1 udp 2113937151 ") + first +
           "fbbb84b-1a6a.local 5000 typ host";
  };
  // Before its description, with it, and after it.
  b->AddIceCandidates({}, {{name('1'), std::nullopt, 0u, std::nullopt}}, true,
                      [](auto, const View&) {});
  EXPECT_EQ(names->count, 0);
  std::string offer = LocalText(*a);
  offer.insert(offer.find("a=ice-ufrag"), "a=" + name('2') + "\r\n");
  ASSERT_TRUE(SetRemote(*b, SdpType::kOffer, offer).ok());
  EXPECT_EQ(names->count, 1);
  b->AddIceCandidates({}, {{name('3'), std::nullopt, 0u, {}}}, true,
                      [](auto, const View&) {});
  executor_.RunReady();
  EXPECT_EQ(names->count, 2);
  // The transport that the offer's was for.
  ASSERT_TRUE(SetLocal(*b).ok());
  EXPECT_EQ(names->count, 3);
  std::optional<Measurement> measured;
  b->Measure({}, [&](auto got, const View&) { measured = *got; });
  executor_.RunReady();
  ASSERT_TRUE(measured.has_value());
  EXPECT_EQ(measured->candidate_names_ignored, 3u);
}

TEST_F(PeerTest, TheExpectedStateIsCheckedBeforeAnythingIsDone) {
  auto a = MakePeer(WithChannel());
  Call call;
  call.expected_state = SignalingState::kHaveRemoteOffer;
  std::optional<absl::Status> status;
  a->SetLocalDescription(std::move(call), std::nullopt, "",
                         [&](absl::Status s, const View&) { status = s; });
  executor_.RunReady();
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(HasReason(*status, Reason::kSignalingState)) << *status;
  EXPECT_EQ(StateOf(*a).signaling_state, SignalingState::kStable);
}

TEST_F(PeerTest, ARepeatedRequestGetsItsFirstReply) {
  auto a = MakePeer();
  const auto call = [&](uint64_t hash, std::string& replayed) {
    Call call;
    call.request_id = "r1";
    call.request_hash = hash;
    call.replay = [&](const std::string& reply) { replayed = reply; };
    return call;
  };
  std::string replayed;
  int created = 0;
  const auto create = [&](uint64_t hash) {
    absl::Status status;
    a->CreateDataChannel(call(hash, replayed), {}, [&](auto key, const View&) {
      status = key.status();
      if (!key.ok()) return;
      ++created;
      a->replies().Store("r1", hash, "first");
    });
    return status;
  };
  EXPECT_TRUE(create(7).ok());
  EXPECT_TRUE(create(7).ok());
  EXPECT_EQ(created, 1);
  EXPECT_EQ(replayed, "first");
  EXPECT_TRUE(HasReason(create(8), Reason::kRequestIdConflict));
}

TEST_F(PeerTest, ManyChangesMakeOneNegotiationNeeded) {
  auto a = MakePeer();
  for (int i = 0; i < 5; ++i) {
    a->ChangeTransceiver(
        {},
        [](jsep::Session& session, Random& random) {
          return jsep::AddTransceiver(session, jsep::MediaKind::kAudio, {},
                                      random);
        },
        [](auto id, const View&) { EXPECT_TRUE(id.ok()); });
  }
  EXPECT_EQ(EventsOf<NegotiationNeeded>(*a).size(), 1u);
  EXPECT_EQ(StateOf(*a).transceivers.size(), 5u);
}

TEST_F(PeerTest, ATransceiverThatStaysAsItIsMakesNoEvent) {
  PeerInit init;
  init.transceivers.emplace_back();
  auto a = MakePeer(std::move(init));
  const auto replace_track = [&](std::string track) {
    const auto id = StateOf(*a).transceivers[0].id;
    a->ChangeTransceiver(
        {},
        [&](jsep::Session& session,
            Random&) -> absl::StatusOr<jsep::TransceiverId> {
          const absl::Status replaced =
              jsep::ReplaceTrack(session, id, std::move(track));
          if (!replaced.ok()) return replaced;
          return id;
        },
        [](auto id, const View&) { EXPECT_TRUE(id.ok()) << id.status(); });
  };
  replace_track("camera");
  replace_track("camera");
  EXPECT_EQ(EventsOf<TransceiverChange>(*a).size(), 1u);
  replace_track("");
  EXPECT_EQ(EventsOf<TransceiverChange>(*a).size(), 2u);
}

TEST_F(PeerTest, AFailedChangeOfATransceiverChangesNothing) {
  auto a = MakePeer();
  absl::Status status;
  a->ChangeTransceiver(
      {},
      [](jsep::Session& session,
         Random& random) -> absl::StatusOr<jsep::TransceiverId> {
        auto id =
            jsep::AddTransceiver(session, jsep::MediaKind::kAudio, {}, random);
        EXPECT_TRUE(id.ok());
        return MakeError(Reason::kArgument, "changed my mind");
      },
      [&](auto id, const View&) { status = id.status(); });
  EXPECT_TRUE(HasReason(status, Reason::kArgument));
  EXPECT_TRUE(StateOf(*a).transceivers.empty());
}

}  // namespace
}  // namespace parley::peer

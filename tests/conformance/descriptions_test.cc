// Rules of section B: setting descriptions, atomicity.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;
using testing::ReasonOf;
using testing::Replaced;
using testing::ReplacedOnce;
using testing::WithoutLines;

// What a failed call must leave as it was.
struct Visible {
  explicit Visible(const Session& session)
      : state(session.state),
        transceivers(session.transceivers),
        sections(session.sections),
        transports(session.transports),
        sctp(session.sctp),
        version(session.last_version) {
    for (const auto* slot :
         {&session.pending_local, &session.current_local,
          &session.pending_remote, &session.current_remote}) {
      texts.push_back(*slot ? (*slot)->body->text : std::string());
    }
  }
  bool operator==(const Visible&) const = default;

  SignalingState state;
  std::vector<Transceiver> transceivers;
  std::vector<Section> sections;
  std::vector<Transport> transports;
  std::optional<Sctp> sctp;
  uint64_t version;
  std::vector<std::string> texts;
};

std::string Metadata(const absl::Status& status, std::string_view key) {
  const auto error = GetError(status);
  if (!error) return std::string();
  for (const auto& [name, value] : error->metadata) {
    if (name == key) return value;
  }
  return std::string();
}

struct Offered {
  Engine a;
  Engine b{2, testing::DefaultConfiguration('B')};
  std::string offer;

  Offered() {
    a.Add(MediaKind::kAudio, {.stream_ids = {"s"}});
    a.Add(MediaKind::kVideo);
    a.AddData();
    offer = a.CreateOffer();
    a.SetLocal(SdpType::kOffer, offer);
  }
  std::string Answer() {
    b.SetRemote(SdpType::kOffer, offer);
    const std::string answer = b.CreateAnswer();
    b.SetLocal(SdpType::kAnswer, answer);
    return answer;
  }
};

TEST(Conformance, Rule_13_LocalTextMustBeTheLastCreated) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  const std::string first = a.CreateOffer();
  EXPECT_EQ(ReasonOf(a.TryLocal({.type = SdpType::kOffer,
                                 .text = Replaced(first, "opus", "OPUS")})),
            Reason::kSdpModified);
  a.Add(MediaKind::kVideo);
  const std::string second = a.CreateOffer();
  const absl::Status stale =
      a.TryLocal({.type = SdpType::kOffer, .text = first});
  EXPECT_EQ(ReasonOf(stale), Reason::kOfferStale);
  EXPECT_EQ(GetError(stale)->exception,
            DomException::kInvalidModificationError);
  a.SetLocal(SdpType::kOffer, second);
  b.SetRemote(SdpType::kOffer, second);
  const std::string answer = b.CreateAnswer();
  EXPECT_EQ(ReasonOf(b.TryLocal({.type = SdpType::kAnswer,
                                 .text = Replaced(answer, "opus", "OPUS")})),
            Reason::kSdpModified);
  b.SetLocal(SdpType::kAnswer, answer);
  a.SetRemote(SdpType::kAnswer, answer);
  // The answer has emptied both memories.
  EXPECT_EQ(ReasonOf(a.TryLocal({.type = SdpType::kOffer, .text = second})),
            Reason::kOfferStale);
}

TEST(Conformance, Rule_13_RollbackKeepsTheLastCreated) {
  Engine a;
  a.Add(MediaKind::kAudio);
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  a.RollBack();
  a.SetLocal(SdpType::kOffer, offer);
  EXPECT_EQ(a.session.pending_local->body->text, offer);
}

TEST(Conformance, Rule_13_AnAnswerIsForItsOffer) {
  Offered offered;
  offered.b.SetRemote(SdpType::kOffer, offered.offer);
  const std::string answer = offered.b.CreateAnswer();
  // Another offer comes instead: the answer has too few sections for it.
  offered.a.Add(MediaKind::kAudio);
  offered.b.SetRemote(SdpType::kOffer, offered.a.CreateOffer());
  EXPECT_EQ(
      ReasonOf(offered.b.TryLocal({.type = SdpType::kAnswer, .text = answer})),
      Reason::kOfferStale);
  offered.b.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(offered.b.session.sections.size(), 4u);
}

TEST(Conformance, Rule_13_AnOfferOutlivesTheRollbackOfItsSections) {
  Engine a;
  Engine b(2);
  const TransceiverId id = a.Add(MediaKind::kAudio);
  a.SetLocal(SdpType::kOffer);
  // Made when the section was there already.
  const std::string offer = a.CreateOffer({.ice_restart = true});
  a.RollBack();
  a.SetLocal(SdpType::kOffer, offer);
  ASSERT_EQ(a.session.sections.size(), 1u);
  EXPECT_EQ(a.session.sections[0].mid, MustParse(offer).sections[0].mid);
  EXPECT_EQ(a.session.sections[0].kind, SectionKind::kAudio);
  EXPECT_EQ(a.Get(id).mid, a.session.sections[0].mid);
  b.SetRemote(SdpType::kOffer, offer);
  a.SetRemote(SdpType::kAnswer, b.CreateAnswer());
  EXPECT_EQ(a.session.state, SignalingState::kStable);
}

TEST(Conformance, Rule_14_ImplicitLocalDescription) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.SetLocal(SdpType::kOffer);
  EXPECT_EQ(a.session.state, SignalingState::kHaveLocalOffer);
  const std::string first = a.session.pending_local->body->text;
  // In have-local-offer an offer again, and a fresh one after a change.
  a.Add(MediaKind::kVideo);
  ASSERT_TRUE(a.TryLocal({}).ok());
  EXPECT_EQ(a.session.state, SignalingState::kHaveLocalOffer);
  const std::string second = a.session.pending_local->body->text;
  EXPECT_NE(second, first);
  b.SetRemote(SdpType::kOffer, second);
  // The last created answer, as it is still accurate.
  const std::string answer = b.CreateAnswer();
  ASSERT_TRUE(b.TryLocal({}).ok());
  EXPECT_EQ(b.session.state, SignalingState::kStable);
  EXPECT_EQ(b.session.current_local->body->text, answer);
  // In have-remote-pranswer it means an offer, which is refused.
  a.SetRemote(SdpType::kPranswer, answer);
  EXPECT_EQ(ReasonOf(a.TryLocal({})), Reason::kSignalingState);
}

TEST(Conformance, Rule_15_ARefusedDescriptionChangesNothing) {
  Offered offered;
  const std::string answer = offered.Answer();
  Engine fresh(3);
  const std::string bad_offers[] = {
      "nonsense",
      WithoutLines(offered.offer, "a=fingerprint"),
      WithoutLines(offered.offer, "a=ice-pwd"),
      WithoutLines(offered.offer, "a=rtcp-mux"),
      Replaced(offered.offer, "a=mid:2", "a=mid:1"),
      WithoutLines(offered.offer, "a=sctp-port"),
  };
  const Visible before(fresh.session);
  for (const std::string& bad : bad_offers) {
    EXPECT_FALSE(fresh.TryRemote({.text = bad}).ok());
    EXPECT_EQ(Visible(fresh.session), before) << bad;
  }
  const std::string bad_answers[] = {
      "v=0",
      Replaced(answer, "a=setup:active", "a=setup:actpass"),
      WithoutLines(answer, "a=ice-ufrag"),
      WithoutLines(answer, "a=rtcp-mux"),
      // The last section's fault: everything before it was fine.
      Replaced(answer, "a=mid:2", "a=mid:9"),
      WithoutLines(answer, "a=sctp-port"),
  };
  const Visible waiting(offered.a.session);
  for (const std::string& bad : bad_answers) {
    EXPECT_FALSE(
        offered.a.TryRemote({.type = SdpType::kAnswer, .text = bad}).ok());
    EXPECT_EQ(Visible(offered.a.session), waiting) << bad;
  }
  offered.a.SetRemote(SdpType::kAnswer, answer);
}

TEST(Conformance, Rule_16_SyntaxAndContentAreToldApart) {
  Offered offered;
  Engine fresh(3);
  const absl::Status syntax = fresh.TryRemote(
      {.text = ReplacedOnce(offered.offer, "t=0 0\r\n", "t=zero\r\n")});
  EXPECT_EQ(ReasonOf(syntax), Reason::kSdpSyntax);
  EXPECT_EQ(GetError(syntax)->exception, DomException::kOperationError);
  EXPECT_EQ(Metadata(syntax, "sdp_line_number"), "4");
  const absl::Status content = fresh.TryRemote(
      {.text = Replaced(offered.offer, "a=setup:actpass", "a=setup:holdconn")});
  EXPECT_EQ(ReasonOf(content), Reason::kSdpInvalid);
  EXPECT_EQ(GetError(content)->exception, DomException::kInvalidAccessError);
  EXPECT_EQ(Metadata(content, "attribute"), "setup");
  EXPECT_EQ(Metadata(content, "mid"), "0");
}

TEST(Conformance, Rule_17_CurrentAndPendingMoveTogether) {
  Offered offered;
  const std::string answer = offered.Answer();
  const Session& a = offered.a.session;
  EXPECT_TRUE(a.pending_local);
  EXPECT_FALSE(a.current_local);
  offered.a.SetRemote(SdpType::kAnswer, answer);
  EXPECT_FALSE(a.pending_local);
  EXPECT_FALSE(a.pending_remote);
  EXPECT_EQ(a.current_local->body->text, offered.offer);
  EXPECT_EQ(a.current_remote->body->text, answer);
  EXPECT_EQ(offered.b.session.current_local->body->text, answer);
  EXPECT_EQ(offered.b.session.current_remote->body->text, offered.offer);
}

TEST(Conformance, Rule_18_EventsComeAfterTheState) {
  Offered offered;
  auto plan = PlanRemote(offered.b.session, {.text = offered.offer});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->next.state, SignalingState::kHaveRemoteOffer);
  const Effects effects = Commit(offered.b.session, *std::move(plan));
  size_t signaling = effects.size();
  size_t first_track = effects.size();
  size_t created = 0;
  for (size_t i = 0; i < effects.size(); ++i) {
    if (std::holds_alternative<SignalingStateChanged>(effects[i])) {
      signaling = i;
    }
    if (std::holds_alternative<TrackEvent>(effects[i])) {
      first_track = std::min(first_track, i);
    }
    if (std::holds_alternative<TransceiverCreated>(effects[i])) ++created;
  }
  EXPECT_EQ(created, 2u);
  EXPECT_LT(signaling, first_track);
  EXPECT_LT(first_track, effects.size());
  // Closing fires no event.
  for (const Effect& effect : Close(offered.a.session)) {
    EXPECT_TRUE(std::holds_alternative<CloseTransport>(effect) ||
                std::holds_alternative<CloseSctp>(effect));
  }
}

TEST(Conformance, Rule_19_AnswerHasTheOffersSections) {
  Offered offered;
  const std::string answer = offered.Answer();
  const auto refuse = [&](const std::string& text) {
    return ReasonOf(offered.a.TryRemote({.type = SdpType::kAnswer,
                                         .text = text})) == Reason::kSdpInvalid;
  };
  const size_t last = answer.find("m=application");
  EXPECT_TRUE(refuse(
      ReplacedOnce(answer.substr(0, last), "BUNDLE 0 1 2", "BUNDLE 0 1")));
  EXPECT_TRUE(refuse(ReplacedOnce(answer, "m=video", "m=audio")));
  EXPECT_TRUE(refuse(ReplacedOnce(answer, "m=audio 9 UDP/TLS/RTP/SAVPF",
                                  "m=audio 9 UDP/DTLS/SCTP")));
  // Two sections exchanged.
  const size_t audio = answer.find("m=audio");
  const size_t video = answer.find("m=video");
  EXPECT_TRUE(
      refuse(answer.substr(0, audio) + answer.substr(video, last - video) +
             answer.substr(audio, video - audio) + answer.substr(last)));
  offered.a.SetRemote(SdpType::kAnswer, answer);
}

TEST(Conformance, Rule_20_MidsAndCredentialsAreNotGuessed) {
  Offered offered;
  Engine fresh(3);
  const auto reason = [&](const std::string& text) {
    return ReasonOf(fresh.TryRemote({.text = text}));
  };
  EXPECT_EQ(reason(ReplacedOnce(offered.offer, "a=mid:1\r\n", "")),
            Reason::kSdpInvalid);
  EXPECT_EQ(reason(Replaced(offered.offer, "a=mid:1", "a=mid:0")),
            Reason::kSdpInvalid);
  EXPECT_EQ(
      reason(ReplacedOnce(offered.offer, "BUNDLE 0 1 2", "BUNDLE 0 1 foreign")),
      Reason::kSdpInvalid);
  EXPECT_EQ(reason(WithoutLines(offered.offer, "a=ice-ufrag")),
            Reason::kIceCredentialsMissing);
  EXPECT_EQ(reason(WithoutLines(offered.offer, "a=ice-pwd")),
            Reason::kIceCredentialsMissing);
  EXPECT_EQ(reason(WithoutLines(offered.offer, "a=fingerprint")),
            Reason::kSdpInvalid);
}

TEST(Conformance, Rule_20_NoMidsAtAllAreLegal) {
  Engine a(1, [] {
    Configuration compat = testing::DefaultConfiguration();
    compat.bundle_policy = BundlePolicy::kMaxCompat;
    return compat;
  }());
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  b.SetRemote(SdpType::kOffer,
              WithoutLines(WithoutLines(offer, "a=mid"), "a=group"));
  const sdp::Description answer = MustParse(b.CreateAnswer());
  ASSERT_EQ(answer.sections.size(), 2u);
  for (const auto& section : answer.sections) {
    EXPECT_EQ(section.mid, "");
    EXPECT_NE(section.port, 0);
  }
  for (const Transceiver& transceiver : b.session.transceivers) {
    EXPECT_TRUE(transceiver.mid);
  }
}

TEST(Conformance, Rule_21_UnknownAttributesAreIgnored) {
  Offered offered;
  std::string odd =
      ReplacedOnce(offered.offer, "t=0 0\r\n", "t=0 0\r\na=x-unknown:1\r\n");
  odd = ReplacedOnce(odd, "a=mid:1\r\n", "a=x-other\r\na=mid:1\r\n");
  offered.b.SetRemote(SdpType::kOffer, odd);
  EXPECT_EQ(offered.b.RemoteText(), odd);
  EXPECT_EQ(offered.b.session.pending_remote->body->parsed.other_attributes,
            (std::vector<std::string>{"x-unknown:1"}));
  EXPECT_EQ(MustParse(offered.b.CreateAnswer()).sections.size(), 3u);
}

TEST(Conformance, Rule_22_SessionLevelAttributesCount) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  const std::string offer = a.CreateOffer();
  const sdp::Description parsed = MustParse(offer);
  const sdp::TransportAttributes& own = parsed.sections[0].transport;
  std::string moved = offer;
  for (const char* name :
       {"a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup"}) {
    moved = WithoutLines(moved, name);
  }
  moved = ReplacedOnce(
      moved, "t=0 0\r\n",
      "t=0 0\r\na=ice-ufrag:" + own.ice_ufrag + "\r\na=ice-pwd:" + own.ice_pwd +
          "\r\na=fingerprint:sha-256 " + own.fingerprints[0].value +
          "\r\na=setup:passive\r\n");
  // The media level wins.
  moved += "a=setup:active\r\n";
  b.SetRemote(SdpType::kOffer, moved);
  const sdp::Description answer = MustParse(b.CreateAnswer());
  EXPECT_EQ(answer.sections[0].transport.setup, sdp::Setup::kPassive);
  b.SetLocal(SdpType::kAnswer);
  EXPECT_EQ(b.session.transports[0].remote->credentials.ufrag, own.ice_ufrag);
  EXPECT_EQ(b.session.transports[0].dtls_role, DtlsRole::kServer);
}

TEST(Conformance, Rule_23_BackToBackOffersBuildOnEachOther) {
  Offered offered;
  offered.b.SetRemote(SdpType::kOffer, offered.offer);
  offered.a.Add(MediaKind::kAudio);
  const std::string longer = offered.a.CreateOffer();
  offered.b.SetRemote(SdpType::kOffer, longer);
  EXPECT_EQ(offered.b.session.state, SignalingState::kHaveRemoteOffer);
  EXPECT_EQ(offered.b.session.transceivers.size(), 3u);
  // As if the longer one had been answered: it cannot shrink again.
  EXPECT_EQ(ReasonOf(offered.b.TryRemote({.text = offered.offer})),
            Reason::kSdpInvalid);
  EXPECT_EQ(MustParse(offered.b.CreateAnswer()).sections.size(), 4u);
}

TEST(Conformance, Rule_24_RtcpMuxIsRequired) {
  Offered offered;
  const std::string bare = WithoutLines(offered.offer, "a=rtcp-mux");
  const absl::Status refused = offered.b.TryRemote({.text = bare});
  EXPECT_EQ(ReasonOf(refused), Reason::kRtcpMuxRequired);
  EXPECT_EQ(GetError(refused)->exception, DomException::kInvalidAccessError);
  Configuration negotiate = testing::DefaultConfiguration();
  negotiate.rtcp_mux_policy = RtcpMuxPolicy::kNegotiate;
  Engine lenient(4, negotiate);
  lenient.SetRemote(SdpType::kOffer, bare);
  for (const auto& section : MustParse(lenient.CreateAnswer()).sections) {
    EXPECT_FALSE(section.rtcp_mux);
  }
}

}  // namespace
}  // namespace parley::jsep

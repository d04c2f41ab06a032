#include <gtest/gtest.h>

#include <string>

#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;
using testing::ReasonOf;

// Audio, video and a data channel from one end, nothing at the other.
struct FullPair : testing::MediaPair {
  FullPair() { a.AddData(); }
};

TEST(Negotiation, OfferAndAnswerEndInStable) {
  FullPair pair;
  Negotiate(pair.a, pair.b);
  for (const Engine* engine : {&pair.a, &pair.b}) {
    const Session& session = engine->session;
    EXPECT_EQ(session.state, SignalingState::kStable);
    EXPECT_FALSE(session.pending_local);
    EXPECT_FALSE(session.pending_remote);
    EXPECT_TRUE(session.current_local);
    EXPECT_TRUE(session.current_remote);
    ASSERT_EQ(session.transports.size(), 1u);
    ASSERT_EQ(session.sections.size(), 3u);
    EXPECT_FALSE(NegotiationNeeded(session));
    for (const Section& section : session.sections) {
      EXPECT_EQ(section.transport, session.transports[0].id);
      EXPECT_TRUE(section.bundled);
    }
    ASSERT_TRUE(session.sctp);
  }
  EXPECT_EQ(pair.a.session.transports[0].dtls_role, DtlsRole::kServer);
  EXPECT_EQ(pair.b.session.transports[0].dtls_role, DtlsRole::kClient);
}

TEST(Negotiation, AThousandSectionsAreNegotiatedByDefault) {
  FullPair pair;
  for (int i = 0; i < 498; ++i) {
    pair.a.Add(MediaKind::kAudio);
    pair.a.Add(MediaKind::kVideo);
  }
  Negotiate(pair.a, pair.b);
  for (const Engine* engine : {&pair.a, &pair.b}) {
    EXPECT_EQ(engine->session.sections.size(), 999u);
    EXPECT_EQ(engine->session.transports.size(), 1u);
    EXPECT_FALSE(NegotiationNeeded(engine->session));
  }
  Negotiate(pair.b, pair.a);
}

TEST(Negotiation, RemoteDescriptionsHaveTheConfiguredLimits) {
  FullPair pair;
  const std::string offer = pair.a.CreateOffer();
  const auto set = [&](size_t bytes, size_t sections) {
    Configuration configuration = testing::DefaultConfiguration('B');
    configuration.max_description_bytes = bytes;
    configuration.max_sections = sections;
    Engine engine(2, configuration);
    return engine.TryRemote({.type = SdpType::kOffer, .text = offer});
  };
  EXPECT_TRUE(set(offer.size(), 3).ok());
  EXPECT_EQ(ReasonOf(set(offer.size() - 1, 3)), Reason::kLimitExceeded);
  EXPECT_EQ(ReasonOf(set(offer.size(), 2)), Reason::kLimitExceeded);
}

}  // namespace
}  // namespace parley::jsep

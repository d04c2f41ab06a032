#include <gtest/gtest.h>

#include <string>

#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;

// Audio, video and a data channel from one end, nothing at the other.
struct Pair {
  Engine offerer{1, testing::DefaultConfiguration('A')};
  Engine answerer{2, testing::DefaultConfiguration('B')};

  Pair() {
    offerer.Add(MediaKind::kAudio);
    offerer.Add(MediaKind::kVideo);
    offerer.AddData();
  }
};

TEST(Negotiation, OfferAndAnswerEndInStable) {
  Pair pair;
  Negotiate(pair.offerer, pair.answerer);
  for (const Engine* engine : {&pair.offerer, &pair.answerer}) {
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
  EXPECT_EQ(pair.offerer.session.transports[0].dtls_role, DtlsRole::kServer);
  EXPECT_EQ(pair.answerer.session.transports[0].dtls_role, DtlsRole::kClient);
}

}  // namespace
}  // namespace parley::jsep

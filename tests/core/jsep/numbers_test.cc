// Payload types, where both ends give them.
#include "core/jsep/numbers.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Replaced;

// Whoever adds the first video section may give its formats any number that
// audio has not shown, whatever we would have given them.
TEST(Numbers, OfKindsThatWereNotOfferedAreFree) {
  Engine offerer{1, testing::DefaultConfiguration('A')};
  Engine answerer{2, testing::DefaultConfiguration('B')};
  offerer.Add(MediaKind::kAudio);
  Negotiate(offerer, answerer);
  answerer.Add(MediaKind::kVideo);
  // VP8 and VP9 under each other's numbers.
  std::string offer = answerer.CreateOffer();
  answerer.SetLocal(SdpType::kOffer, offer);
  offer = Replaced(offer, " VP8/", " swap/");
  offer = Replaced(offer, " VP9/", " VP8/");
  offer = Replaced(offer, " swap/", " VP9/");
  offerer.SetRemote(SdpType::kOffer, offer);
  offerer.SetLocal(SdpType::kAnswer, offerer.CreateAnswer());
  const sdp::Description next = MustParse(offerer.CreateOffer());
  ASSERT_EQ(next.sections.size(), 2u);
  EXPECT_TRUE(next.sections[1].conflicts.empty());
  std::set<int> numbers;
  for (const Codec& codec : next.sections[1].codecs) {
    EXPECT_TRUE(numbers.insert(codec.payload_type).second);
  }
}

TEST(Numbers, GivenAgainAvoidThoseOfTheSection) {
  Numbering numbering(nullptr);
  const CodecIdentity vp9 = IdentityOf({.name = "VP9", .clock_rate = 90000});
  ASSERT_TRUE(numbering.Learn(98, vp9));
  EXPECT_EQ(numbering.PayloadTypeFor(vp9, 98, {}), 98);
  Numbering::PayloadTypes taken;
  taken.set(98);
  const auto other = numbering.PayloadTypeFor(vp9, 98, taken);
  ASSERT_TRUE(other);
  EXPECT_NE(*other, 98);
  EXPECT_EQ(numbering.PayloadTypeFor(vp9, 98, taken), other);
}

// RTP has none beyond 127: such formats can be read and never be used.
TEST(Numbers, BeyondThoseOfRtpAreNotAnswered) {
  Engine offerer{1, testing::DefaultConfiguration('A')};
  Engine answerer{2, testing::DefaultConfiguration('B')};
  offerer.Add(MediaKind::kAudio);
  std::string offer = offerer.CreateOffer();
  offer.replace(offer.find("SAVPF 111"), 9, "SAVPF 129");
  offer = Replaced(offer, "a=rtpmap:111 ", "a=rtpmap:129 ");
  offer = Replaced(offer, "a=fmtp:111 ", "a=fmtp:129 ");
  answerer.SetRemote(SdpType::kOffer, offer);
  const sdp::Description answer = MustParse(answerer.CreateAnswer());
  ASSERT_EQ(answer.sections.size(), 1u);
  EXPECT_NE(answer.sections[0].port, 0);
  for (const Codec& codec : answer.sections[0].codecs) {
    EXPECT_LE(codec.payload_type, 127);
    EXPECT_NE(codec.name, "opus");
  }
}

}  // namespace
}  // namespace parley::jsep

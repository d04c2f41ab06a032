// Rules of section F: BUNDLE and rtcp-mux.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/base/errors.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep {
namespace {

using testing::Engine;
using testing::MustParse;
using testing::Negotiate;
using testing::Only;
using testing::Replaced;
using testing::ReplacedOnce;
using testing::WithoutLines;

Configuration With(BundlePolicy policy) {
  Configuration configuration = testing::DefaultConfiguration();
  configuration.bundle_policy = policy;
  return configuration;
}

// Two of each kind, and data.
std::string FirstOffer(Engine& engine) {
  for (const MediaKind kind : {MediaKind::kAudio, MediaKind::kVideo,
                               MediaKind::kAudio, MediaKind::kVideo}) {
    engine.Add(kind);
  }
  engine.AddData();
  return engine.CreateOffer();
}

bool CarriesTransport(const sdp::MediaSection& section) {
  const sdp::TransportAttributes& own = section.transport;
  const bool all = !own.ice_ufrag.empty() && !own.ice_pwd.empty() &&
                   !own.fingerprints.empty() && own.setup.has_value();
  const bool none = own == sdp::TransportAttributes() && !section.rtcp &&
                    section.candidates.empty();
  EXPECT_TRUE(all || none) << section.mid;
  return all;
}

std::vector<bool> WhoCarries(const std::string& text) {
  std::vector<bool> result;
  for (const auto& section : MustParse(text).sections) {
    result.push_back(CarriesTransport(section));
    EXPECT_EQ(section.bundle_only, section.port == 0) << section.mid;
    EXPECT_EQ(section.bundle_only, !result.back()) << section.mid;
  }
  return result;
}

TEST(Conformance, Rule_49_BundlePolicies) {
  using Bools = std::vector<bool>;
  Engine balanced(1, With(BundlePolicy::kBalanced));
  Engine compat(1, With(BundlePolicy::kMaxCompat));
  Engine bundled(1, With(BundlePolicy::kMaxBundle));
  const std::string offers[] = {FirstOffer(balanced), FirstOffer(compat),
                                FirstOffer(bundled)};
  EXPECT_EQ(WhoCarries(offers[0]), (Bools{true, true, false, false, true}));
  EXPECT_EQ(WhoCarries(offers[1]), (Bools{true, true, true, true, true}));
  EXPECT_EQ(WhoCarries(offers[2]), (Bools{true, false, false, false, false}));
  for (const std::string& offer : offers) {
    const sdp::Description parsed = MustParse(offer);
    ASSERT_EQ(parsed.groups.size(), 1u);
    EXPECT_EQ(parsed.groups[0].semantics, "BUNDLE");
    EXPECT_EQ(parsed.groups[0].mids,
              (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  }
}

TEST(Conformance, Rule_50_BundledSectionsCarryNoTransport) {
  Engine a;
  Engine b(2);
  FirstOffer(a);
  Negotiate(a, b);
  const std::string texts[] = {b.LocalText(), a.CreateOffer(), b.CreateOffer()};
  for (const std::string& text : texts) {
    const sdp::Description parsed = MustParse(text);
    for (size_t i = 0; i < parsed.sections.size(); ++i) {
      EXPECT_EQ(CarriesTransport(parsed.sections[i]), i == 0) << text;
    }
  }
}

TEST(Conformance, Rule_51_BundleOnlyIsNoRejection) {
  Engine a(1, With(BundlePolicy::kMaxBundle));
  Engine b(2);
  const std::string offer = FirstOffer(a);
  b.SetRemote(SdpType::kOffer, offer);
  for (const auto& section : MustParse(b.CreateAnswer()).sections) {
    EXPECT_NE(section.port, 0);
  }
  // The same port without a=bundle-only is one.
  Engine c(3);
  std::string rejected = WithoutLines(offer, "a=bundle-only");
  c.SetRemote(SdpType::kOffer, rejected);
  const sdp::Description answer = MustParse(c.CreateAnswer());
  EXPECT_NE(answer.sections[0].port, 0);
  for (size_t i = 1; i < answer.sections.size(); ++i) {
    EXPECT_EQ(answer.sections[i].port, 0);
  }
  EXPECT_EQ(answer.groups[0].mids, (std::vector<std::string>{"0"}));
}

TEST(Conformance, Rule_52_GroupOfAnAnswer) {
  Engine a;
  Engine b(2);
  FirstOffer(a);
  const auto only = [](Engine& engine, const Codec& codec) {
    EXPECT_TRUE(SetCodecPreferences(engine.session,
                                    engine.session.transceivers[1].id, {codec})
                    .ok());
  };
  const std::vector<Codec>& known = DefaultCapabilities()->video.codecs;
  only(a, known[0]);
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  b.SetRemote(SdpType::kOffer, offer);
  only(b, known[2]);
  const std::string answer = b.CreateAnswer();
  const sdp::Description parsed = MustParse(answer);
  EXPECT_EQ(parsed.sections[1].port, 0);
  EXPECT_EQ(parsed.groups[0].mids,
            (std::vector<std::string>{"0", "2", "3", "4"}));
  EXPECT_EQ(answer.find("a=bundle-only"), std::string::npos);
  a.SetRemote(SdpType::kAnswer, answer);
  EXPECT_EQ(a.session.transports.size(), 1u);
}

TEST(Conformance, Rule_52_NoGroupOfferedNoGroupAnswered) {
  Engine a(1, With(BundlePolicy::kMaxCompat));
  Engine b(2);
  const std::string offer = WithoutLines(FirstOffer(a), "a=group");
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  const sdp::Description parsed = MustParse(answer);
  EXPECT_TRUE(parsed.groups.empty());
  std::set<std::string> ufrags;
  for (const auto& section : parsed.sections) {
    EXPECT_NE(section.port, 0);
    EXPECT_TRUE(CarriesTransport(section));
    ufrags.insert(section.transport.ice_ufrag);
  }
  EXPECT_EQ(ufrags.size(), 5u);
  b.SetLocal(SdpType::kAnswer, answer);
  EXPECT_EQ(b.session.transports.size(), 5u);
  EXPECT_EQ(Only<StartIce>(b.effects).size(), 5u);
}

TEST(Conformance, Rule_52_AnswerGroupsMustBeOffered) {
  Engine a;
  Engine b(2);
  const std::string offer = FirstOffer(a);
  a.SetLocal(SdpType::kOffer, offer);
  b.SetRemote(SdpType::kOffer, offer);
  const std::string answer = b.CreateAnswer();
  const auto refused = [&](const std::string& text) {
    return HasReason(a.TryRemote({.type = SdpType::kAnswer, .text = text}),
                     Reason::kSdpInvalid);
  };
  EXPECT_TRUE(
      refused(ReplacedOnce(answer, "BUNDLE 0 1 2 3 4", "BUNDLE 0 1 2 3 9")));
  // Offered bundle-only, accepted outside of the bundle.
  EXPECT_TRUE(
      refused(ReplacedOnce(answer, "BUNDLE 0 1 2 3 4", "BUNDLE 0 1 3 4")));
  a.SetRemote(SdpType::kAnswer, answer);
}

TEST(Conformance, Rule_53_RejectedTagRejectsTheBundle) {
  Engine a;
  Engine b(2);
  b.SetRemote(SdpType::kOffer,
              ReplacedOnce(FirstOffer(a), "opus/48000", "unknown/48000"));
  // Nothing is left of the tagged section that both ends know.
  const std::vector<Codec>& known = DefaultCapabilities()->audio.codecs;
  ASSERT_EQ(known[0].name, "opus");
  ASSERT_TRUE(
      SetCodecPreferences(b.session, b.session.transceivers[0].id, {known[0]})
          .ok());
  const sdp::Description answer = MustParse(b.CreateAnswer());
  for (const auto& section : answer.sections) EXPECT_EQ(section.port, 0);
  EXPECT_TRUE(answer.groups.empty());
}

TEST(Conformance, Rule_54_ReofferKeepsTheBundle) {
  Engine a;
  Engine b(2);
  FirstOffer(a);
  Negotiate(a, b);
  ASSERT_TRUE(StopTransceiver(a.session, a.session.transceivers[1].id).ok());
  a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  EXPECT_EQ(offer.find("a=bundle-only"), std::string::npos);
  const sdp::Description parsed = MustParse(offer);
  ASSERT_EQ(parsed.groups.size(), 1u);
  EXPECT_EQ(parsed.groups[0].mids,
            (std::vector<std::string>{"0", "2", "3", "4", "5"}));
  EXPECT_EQ(parsed.sections[5].port, 9);
}

TEST(Conformance, Rule_54_WhatWasNotBundledStaysSo) {
  Engine a(1, With(BundlePolicy::kMaxCompat));
  Engine b(2);
  a.Add(MediaKind::kAudio);
  a.Add(MediaKind::kVideo);
  const std::string offer = a.CreateOffer();
  a.SetLocal(SdpType::kOffer, offer);
  b.SetRemote(SdpType::kOffer, WithoutLines(offer, "a=group"));
  const std::string answer = b.CreateAnswer();
  a.SetRemote(SdpType::kAnswer, answer);
  EXPECT_EQ(a.session.transports.size(), 2u);
  a.Add(MediaKind::kAudio);
  const sdp::Description again = MustParse(a.CreateOffer());
  ASSERT_EQ(again.groups.size(), 1u);
  EXPECT_EQ(again.groups[0].mids, (std::vector<std::string>{"2"}));
  for (const auto& section : again.sections) {
    EXPECT_TRUE(CarriesTransport(section));
  }
}

TEST(Conformance, Rule_55_DifferingCredentialsInABundle) {
  Engine a(1, With(BundlePolicy::kMaxCompat));
  Engine b(2);
  const std::string offer = FirstOffer(a);
  const sdp::Description parsed = MustParse(offer);
  const std::string shared = parsed.sections[0].transport.ice_ufrag;
  const std::string first = ReplacedOnce(offer, shared, "another1");
  ASSERT_EQ(MustParse(first).sections[0].transport.ice_ufrag, "another1");
  // The tagged one is the second.
  b.SetRemote(SdpType::kOffer,
              ReplacedOnce(first, "BUNDLE 0 1 2 3 4", "BUNDLE 1 0 2 3 4"));
  b.SetLocal(SdpType::kAnswer);
  ASSERT_EQ(b.session.transports.size(), 1u);
  EXPECT_EQ(b.session.transports[0].remote->credentials.ufrag, shared);
  EXPECT_EQ(b.session.transports[0].mid, "1");
}

// Browsers hold a section's credentials against its own of before, and would
// see an ICE restart where one joins the bundle.
TEST(Conformance, Rule_55_BundlingChangesNoCredentials) {
  Engine a(1, With(BundlePolicy::kMaxCompat));
  Engine b(2);
  FirstOffer(a);
  Negotiate(a, b);
  const std::string before = a.LocalText();
  ASSERT_EQ(a.session.transports.size(), 1u);
  for (const auto& section : MustParse(before).sections) {
    EXPECT_EQ(section.transport.ice_ufrag, a.session.transports[0].local.ufrag);
  }
}

TEST(Conformance, Rule_56_RtcpMux) {
  Engine a;
  Engine b(2);
  a.Add(MediaKind::kAudio);
  std::string offer = a.CreateOffer();
  EXPECT_NE(offer.find("a=rtcp-mux-only\r\n"), std::string::npos);
  Negotiate(a, b);
  EXPECT_EQ(b.LocalText().find("a=rtcp-mux-only"), std::string::npos);
  EXPECT_NE(b.LocalText().find("a=rtcp-mux\r\n"), std::string::npos);
  // Only in new sections.
  EXPECT_EQ(a.CreateOffer().find("a=rtcp-mux-only"), std::string::npos);
  Configuration negotiate = testing::DefaultConfiguration();
  negotiate.rtcp_mux_policy = RtcpMuxPolicy::kNegotiate;
  Engine c(3, negotiate);
  c.Add(MediaKind::kAudio);
  offer = c.CreateOffer();
  EXPECT_EQ(offer.find("a=rtcp-mux-only"), std::string::npos);
  c.SetLocal(SdpType::kOffer, offer);
  Engine d(4);
  d.SetRemote(SdpType::kOffer, offer);
  c.SetRemote(SdpType::kAnswer, WithoutLines(d.CreateAnswer(), "a=rtcp-mux"));
  EXPECT_FALSE(c.session.transports[0].rtcp_mux);
  EXPECT_EQ(c.CreateOffer().find("a=rtcp-mux"), std::string::npos);
}

}  // namespace
}  // namespace parley::jsep

// What descriptions and candidates are made of, and what only the other end
// sends.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/ice/tcp_bridge.h"
#include "core/ice/transport_rules.h"
#include "core/sctp/association.h"
#include "core/sctp/data_channels.h"
#include "tests/service/limits.h"

namespace parley::service {
namespace {

std::string Xs(uint64_t size) { return std::string(size, 'x'); }

// --- Descriptions ---

// An offer with so many bytes more, in attributes that nobody knows.
std::string TryText(LimitsTest& test, uint64_t size) {
  std::string text = test.DataOffer();
  while (text.size() < size) {
    const uint64_t rest = size - text.size();
    // None may be shorter than its own frame.
    const uint64_t line = rest > 20'000 ? 10'000 : std::min(rest, rest / 2 + 9);
    absl::StrAppend(&text, "a=x:", Xs(line - 6), "\r\n");
  }
  EXPECT_EQ(text.size(), size);
  return test.TryOffer(text);
}

std::string TryOfferId(LimitsTest& test, uint64_t size) {
  v1::SetLocalDescriptionRequest request;
  request.set_name(test.CreateChannelPeer().name());
  request.mutable_description()->set_offer_id(Xs(size));
  const std::string reason = test.Try(&Peers::SetLocalDescription, request);
  v1::SetRemoteDescriptionRequest remote;
  remote.set_name(test.CreatePeer().name());
  remote.mutable_description()->set_type(v1::SDP_TYPE_OFFER);
  remote.mutable_description()->set_sdp(test.DataOffer());
  remote.mutable_description()->set_offer_id(Xs(size));
  // With a remote offer it says nothing.
  EXPECT_EQ(test.Try(&Peers::SetRemoteDescription, remote),
            reason == "OFFER_STALE" ? "" : reason);
  return reason;
}

// Rejected sections with so many lines in each.
std::string WithSections(LimitsTest& test, uint64_t sections, uint64_t lines) {
  std::string text = test.DataOffer();
  for (uint64_t i = 0; i < sections; ++i) {
    absl::StrAppend(&text, "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n",
                    "c=IN IP4 0.0.0.0\r\n", "a=mid:x", i, "\r\n");
    const uint64_t here = std::min<uint64_t>(lines, 8000);
    for (uint64_t line = 0; line < here; ++line) text += "a=x\r\n";
    lines -= here;
  }
  return text;
}

std::string TryLines(LimitsTest& test, uint64_t lines) {
  constexpr uint64_t kSections = 33;
  const std::string bare = WithSections(test, kSections, 0);
  const auto there = std::count(bare.begin(), bare.end(), '\n');
  return test.TryOffer(
      WithSections(test, kSections, lines - static_cast<uint64_t>(there)));
}

std::string TrySections(LimitsTest& test, uint64_t sections) {
  return test.TryOffer(WithSections(test, sections - 1, 0));
}

std::string TryAttributes(LimitsTest& test, uint64_t count) {
  std::string text = test.DataOffer();
  uint64_t there = 0;
  for (size_t at = text.find("m="); (at = text.find("\na=", at)) != text.npos;
       ++at) {
    ++there;
  }
  for (; there < count; ++there) text += "a=x\r\n";
  return test.TryOffer(text);
}

std::string TryDescribedCandidates(LimitsTest& test, uint64_t count) {
  std::string text = test.DataOffer();
  for (uint64_t i = 1; i <= count; ++i) {
    absl::StrAppend(&text, "a=candidate:", i, " 1 udp 1 127.0.0.1 ", i,
                    " typ host\r\n");
  }
  return test.TryOffer(text);
}

// An offer of media with something in it replaced, or after an a=mid.
std::string TryReplaced(LimitsTest& test, const std::string& line,
                        const std::string& by) {
  std::string text;
  for (size_t at = 0; at < test.MediaOffer().size();) {
    const size_t end = test.MediaOffer().find('\n', at) + 1;
    std::string one = test.MediaOffer().substr(at, end - at);
    text += one.starts_with(line) ? by + "\r\n" : one;
    at = end;
  }
  EXPECT_NE(text, test.MediaOffer());
  return test.TryOffer(text);
}

std::string TryVideoLines(LimitsTest& test, const std::string& lines) {
  std::string text = test.MediaOffer();
  const size_t end = text.find("a=mid:", text.find("m=video"));
  text.insert(end, lines);
  return test.TryOffer(text);
}

std::string TryMid(LimitsTest& test, uint64_t size) {
  return test.TryOffer(absl::StrReplaceAll(
      test.DataOffer(),
      {{"a=mid:0", "a=mid:" + Xs(size)}, {"BUNDLE 0", "BUNDLE " + Xs(size)}}));
}

std::string TryFingerprints(LimitsTest& test, uint64_t bytes) {
  // The one that is there: "sha-256" and 32 octets.
  uint64_t there = 7 + 95;
  std::string lines;
  while (there < bytes) {
    const uint64_t size = std::min<uint64_t>(bytes - there, 1000);
    absl::StrAppend(&lines, "a=fingerprint:x", Xs(size - 6), " AA:AA\r\n");
    there += size;
  }
  std::string text = test.DataOffer();
  const size_t at = text.find("a=fingerprint:");
  return test.TryOffer(text.insert(at, lines));
}

std::string TryExtensions(LimitsTest& test, uint64_t count) {
  std::string text;
  std::string lines;
  for (uint64_t i = 0; i < count; ++i) {
    absl::StrAppend(&lines, "a=extmap:", i % 255 + 1, " urn:x", i, "\r\n");
  }
  // In place of those of the video.
  bool video = false;
  for (size_t at = 0; at < test.MediaOffer().size();) {
    const size_t end = test.MediaOffer().find('\n', at) + 1;
    const std::string one = test.MediaOffer().substr(at, end - at);
    if (one.starts_with("m=")) video = one.starts_with("m=video");
    if (!one.starts_with("a=extmap:")) text += one;
    if (video && one.starts_with("a=mid:")) text += lines;
    at = end;
  }
  return test.TryOffer(text);
}

std::string TryRids(LimitsTest& test, uint64_t count) {
  std::string lines;
  std::string list;
  for (uint64_t i = 0; i < count; ++i) {
    absl::StrAppend(&lines, "a=rid:r", i, " send\r\n");
    absl::StrAppend(&list, i > 0 ? ";r" : "r", i);
  }
  return TryVideoLines(test, lines + "a=simulcast:send " + list + "\r\n");
}

// --- Candidates ---

v1::AddIceCandidatesRequest Candidates(LimitsTest& test, uint64_t count) {
  v1::AddIceCandidatesRequest request;
  request.set_name(test.CreatePeer().name());
  for (uint64_t i = 0; i < count; ++i) {
    v1::IceCandidate& one = *request.add_candidates();
    one.set_candidate(
        absl::StrCat("candidate:", i, " 1 udp 1 127.0.0.1 9 typ host"));
    one.set_sdp_mid("0");
  }
  return request;
}

std::string TryCandidates(LimitsTest& test, uint64_t count) {
  return test.Try(&Peers::AddIceCandidates, Candidates(test, count));
}

std::string TryCandidate(LimitsTest& test,
                         const std::function<void(v1::IceCandidate&)>& change) {
  v1::AddIceCandidatesRequest request = Candidates(test, 1);
  change(*request.mutable_candidates(0));
  return test.Try(&Peers::AddIceCandidates, request);
}

std::string TryEarlyCandidates(LimitsTest& test, uint64_t count) {
  v1::AddIceCandidatesRequest first = Candidates(test, count - 1);
  v1::AddIceCandidatesResponse response;
  EXPECT_OK(test.Call(&Peers::AddIceCandidates, first, &response));
  v1::AddIceCandidatesRequest last = Candidates(test, 1);
  last.set_name(first.name());
  EXPECT_OK(test.Call(&Peers::AddIceCandidates, last, &response));
  return response.results(0).error().reason();
}

}  // namespace

std::vector<LimitRow> NegotiationLimits() {
  const std::string limit = "LIMIT_EXCEEDED";
  const std::string invalid = "SDP_INVALID";
  return {
      {"text of a description, `maxDescriptionBytes`", 4 << 20, limit, TryText},
      {.what = "`offer_id`",
       .limit = 128,
       .beyond = limit,
       .send = TryOfferId,
       .within = "OFFER_STALE"},
      {"lines of a description", 262'144, limit, TryLines},
      {"a line of a description, without its end", 16 << 10, limit,
       [](LimitsTest& test, uint64_t size) {
         return test.TryOffer(test.DataOffer() + "a=x:" + Xs(size - 4) +
                              "\r\n");
       }},
      {"sections of a description, `maxSections`", 1025, limit, TrySections},
      {"attributes of a section", 8192, limit, TryAttributes},
      {"candidates of a section, in the text", 1024, limit,
       TryDescribedCandidates},
      {"`a=mid`", 255, invalid, TryMid},
      {"`a=ice-ufrag`", 256, "SDP_SYNTAX",
       [](LimitsTest& test, uint64_t size) {
         return TryReplaced(test, "a=ice-ufrag:", "a=ice-ufrag:" + Xs(size));
       }},
      {"`a=ice-pwd`", 256, "SDP_SYNTAX",
       [](LimitsTest& test, uint64_t size) {
         return TryReplaced(test, "a=ice-pwd:", "a=ice-pwd:" + Xs(size));
       }},
      {"`a=fingerprint` of a transport together", 8192, invalid,
       TryFingerprints},
      {"`a=tls-id`", 255, invalid,
       [](LimitsTest& test, uint64_t size) {
         return TryReplaced(
             test, "a=setup:", "a=setup:actpass\r\na=tls-id:" + Xs(size));
       }},
      {"`a=extmap` of a section", 255, invalid, TryExtensions},
      {"`a=msid` of a section", 64, invalid,
       [](LimitsTest& test, uint64_t count) {
         std::string lines;
         // There is one already.
         for (uint64_t i = 1; i < count; ++i) {
           absl::StrAppend(&lines, "a=msid:s", i, "\r\n");
         }
         return TryVideoLines(test, lines);
       }},
      {"id of a stream in `a=msid`", 256, invalid,
       [](LimitsTest& test, uint64_t size) {
         return TryVideoLines(test, "a=msid:" + Xs(size) + "\r\n");
       }},
      {"rids of `a=simulcast`, of each direction", 128, "SDP_SYNTAX", TryRids},
      {"candidates of one call, `maxCandidatesPerCall`", 256, limit,
       TryCandidates},
      {"`candidate`", 1024, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryCandidate(test, [size](v1::IceCandidate& one) {
           std::string text = one.candidate() + " x ";
           one.set_candidate(text + Xs(size - text.size()));
         });
       }},
      {"`sdp_mid`", 256, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryCandidate(test, [size](v1::IceCandidate& one) {
           one.set_sdp_mid(Xs(size));
         });
       }},
      {"`username_fragment`", 256, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryCandidate(test, [size](v1::IceCandidate& one) {
           one.set_username_fragment(Xs(size));
         });
       }},
      {"candidates that wait for their description, `maxQueuedCandidates`", 256,
       limit, TryEarlyCandidates},
  };
}

std::vector<LimitRow> RemoteLimits() {
  return {
      {.what = "candidates of a transport that are looked at",
       .beyond = "ignored",
       .documented = ice::kMaxRemoteCandidates,
       .elsewhere = "tests/core/ice/libnice_transport_test.cc:"
                    "RemoteCandidatesThatAreNotUsedAreCountedNotRefused"},
      {.what = "of those with `ice_tcp`, passive ones that are connected to",
       .beyond = "ignored",
       .documented = ice::TcpBridge::kMaxTargets,
       .elsewhere = "tests/core/ice/libnice_tcp_test.cc:"
                    "RemoteCandidatesAreUsedAsFarAsTheyCanBe"},
      {.what = "streams over TCP that others open to one generation of ICE",
       .beyond = "the one least recently heard from is ended",
       .documented = ice::TcpBridge::kMaxAccepted,
       .elsewhere = "tests/core/ice/libnice_tcp_hostile_test.cc:"
                    "OneMoreTakesThePlaceOfTheQuietest"},
      {.what = "such streams before their first check",
       .beyond = "the oldest is ended",
       .documented = ice::TcpBridge::kMaxWaiting,
       .elsewhere = "tests/core/ice/libnice_tcp_hostile_test.cc:"
                    "WhoSaysNothingHasNoPlaceForLong"},
      {.what = "the same of all peers of an event loop",
       .beyond = "the oldest is ended",
       .documented = ice::TcpBridge::Lobby::kMax,
       .elsewhere = "tests/core/ice/libnice_tcp_hostile_test.cc:"
                    "AllThatWaitAreBoundedTogether"},
      {.what = "streams of one generation that are let in at once; then 4 a "
               "second",
       .beyond = "ended",
       .documented = static_cast<uint64_t>(ice::TcpBridge::kAdmissions.burst),
       .elsewhere = "tests/core/ice/libnice_tcp_hostile_test.cc:"
                    "WhoComesAndGoesTooOftenWaits"},
      {.what = "the first packet of such a stream",
       .beyond = "the stream is ended",
       .documented = 1'500,
       .elsewhere = "tests/core/ice/libnice_tcp_hostile_test.cc:"
                    "WhoDoesNotKnowThePasswordIsShownOut"},
      {.what = "paths of a single-port peer",
       .beyond = "the oldest goes",
       .documented = 8,
       .elsewhere = "tests/core/ice/single_port_hostile_test.cc:"
                    "ManyPathsPushTheOldestOut"},
      {.what = "DTLS packets before the description, of 1,500 B each",
       .beyond = "dropped",
       .documented = 8,
       .elsewhere = "tests/core/dtls/dtls_transport_test.cc:"
                    "WhatIsKeptBeforeTheDescriptionIsBounded"},
      {.what = "streams of an SCTP association, each way",
       .beyond = "not granted",
       .documented = sctp::kMaxStreams,
       .elsewhere = "tests/core/sctp/association_test.cc:"
                    "TheStreamCountIsCapped"},
      {.what = "a message received, of the same size",
       .beyond = "the association ends",
       .documented = 256 << 10,
       .elsewhere = "tests/core/sctp/association_test.cc:"
                    "ALargerMessageThanAnnouncedEndsTheAssociation"},
      {.what = "channels that the other end announces, with those that are",
       .beyond = "the stream is reset",
       .documented = 256,
       .elsewhere = "tests/core/sctp/data_channels_test.cc:"
                    "ChannelsAreCounted"},
      {.what = "labels and protocols that it announces, with those that are",
       .beyond = "the stream is reset",
       .documented = sctp::DataChannels::Limits().max_name_bytes,
       .elsewhere = "tests/core/sctp/data_channels_test.cc:"
                    "NamesAreCountedTogether"},
      {.what = "messages of channels to come",
       .beyond = "dropped",
       .documented = sctp::DataChannels::Limits().max_early_messages,
       .elsewhere = "tests/core/sctp/data_channels_test.cc:"
                    "WhatIsKeptForChannelsToComeIsBounded"},
      {.what = "bytes of messages of channels to come",
       .beyond = "dropped",
       .documented = sctp::DataChannels::Limits().max_early_bytes,
       .elsewhere = "tests/core/sctp/data_channels_test.cc:"
                    "WhatIsKeptForChannelsToComeIsBounded"},
  };
}

}  // namespace parley::service

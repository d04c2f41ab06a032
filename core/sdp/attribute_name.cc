#include "core/sdp/attribute_name.h"

#include <array>
#include <cstddef>
#include <iterator>

namespace parley::sdp {
namespace {

struct Entry {
  std::string_view name;
  AttributeId id;
};

// Sorted by the length of the name, and within one length the most frequent
// first: a look-up compares only names of its own length.
constexpr Entry kEntries[] = {
    {"mid", AttributeId::kMid},
    {"rid", AttributeId::kRid},
    {"fmtp", AttributeId::kFmtp},
    {"ssrc", AttributeId::kSsrc},
    {"msid", AttributeId::kMsid},
    {"rtcp", AttributeId::kRtcp},
    {"setup", AttributeId::kSetup},
    {"group", AttributeId::kGroup},
    {"ptime", AttributeId::kPtime},
    {"rtpmap", AttributeId::kRtpmap},
    {"extmap", AttributeId::kExtmap},
    {"tls-id", AttributeId::kTlsId},
    {"rtcp-fb", AttributeId::kRtcpFb},
    {"ice-pwd", AttributeId::kIcePwd},
    {"sctpmap", AttributeId::kSctpmap},
    {"rtcp-mux", AttributeId::kRtcpMux},
    {"sendrecv", AttributeId::kSendRecv},
    {"recvonly", AttributeId::kRecvOnly},
    {"sendonly", AttributeId::kSendOnly},
    {"inactive", AttributeId::kInactive},
    {"ice-lite", AttributeId::kIceLite},
    {"maxptime", AttributeId::kMaxptime},
    {"candidate", AttributeId::kCandidate},
    {"ice-ufrag", AttributeId::kIceUfrag},
    {"simulcast", AttributeId::kSimulcast},
    {"sctp-port", AttributeId::kSctpPort},
    {"ssrc-group", AttributeId::kSsrcGroup},
    {"rtcp-rsize", AttributeId::kRtcpRsize},
    {"fingerprint", AttributeId::kFingerprint},
    {"ice-options", AttributeId::kIceOptions},
    {"bundle-only", AttributeId::kBundleOnly},
    {"rtcp-mux-only", AttributeId::kRtcpMuxOnly},
    {"max-message-size", AttributeId::kMaxMessageSize},
    {"end-of-candidates", AttributeId::kEndOfCandidates},
    {"remote-candidates", AttributeId::kRemoteCandidates},
    {"extmap-allow-mixed", AttributeId::kExtmapAllowMixed},
};

constexpr size_t kLongest = std::end(kEntries)[-1].name.size();

// first[n] is the first entry whose name has n characters or more.
constexpr auto kFirst = [] {
  std::array<uint8_t, kLongest + 2> first{};
  size_t entry = 0;
  for (size_t length = 0; length < first.size(); ++length) {
    while (entry < std::size(kEntries) &&
           kEntries[entry].name.size() < length) {
      ++entry;
    }
    first[length] = static_cast<uint8_t>(entry);
  }
  return first;
}();

constexpr bool IsSortedByLength() {
  for (size_t i = 1; i < std::size(kEntries); ++i) {
    if (kEntries[i - 1].name.size() > kEntries[i].name.size()) return false;
  }
  return true;
}
static_assert(IsSortedByLength());

}  // namespace

AttributeId FindAttribute(std::string_view name) {
  if (name.size() > kLongest) return AttributeId::kUnknown;
  const size_t end = kFirst[name.size() + 1];
  for (size_t i = kFirst[name.size()]; i < end; ++i) {
    if (kEntries[i].name == name) return kEntries[i].id;
  }
  return AttributeId::kUnknown;
}

}  // namespace parley::sdp

#include "core/sdp/attribute_name.h"

#include <array>
#include <cstddef>

namespace parley::sdp {
namespace {

struct Entry {
  std::string_view name;
  AttributeId id = AttributeId::kUnknown;
};

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

constexpr size_t kSlots = 128;

// Of a name that is not empty. The factors are chosen so that no two of the
// entries share a slot, which MakeTable checks.
constexpr size_t Slot(std::string_view name) {
  const auto at = [name](size_t i) {
    return static_cast<unsigned char>(name[i]);
  };
  return (name.size() + at(0) * 2 + at(name.size() / 2) * 5 +
          at(name.size() - 1) * 7) %
         kSlots;
}

constexpr std::array<Entry, kSlots> MakeTable() {
  std::array<Entry, kSlots> table{};
  for (const Entry& entry : kEntries) {
    Entry& slot = table[Slot(entry.name)];
    if (!slot.name.empty()) throw "two names in one slot";
    slot = entry;
  }
  return table;
}

constexpr std::array<Entry, kSlots> kTable = MakeTable();

}  // namespace

AttributeId FindAttribute(std::string_view name) {
  if (name.empty()) return AttributeId::kUnknown;
  const Entry& entry = kTable[Slot(name)];
  return entry.name == name ? entry.id : AttributeId::kUnknown;
}

}  // namespace parley::sdp

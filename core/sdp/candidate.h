// One ICE candidate and its line (RFC 8839 5.1, RFC 6544 4.5), as it stands in
// a=candidate and in W3C's RTCIceCandidate.candidate. Pure functions.
#ifndef PARLEY_CORE_SDP_CANDIDATE_H_
#define PARLEY_CORE_SDP_CANDIDATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace parley::sdp {

enum class CandidateTransport : uint8_t { kUdp, kTcp, kOther };

enum class CandidateType : uint8_t {
  kHost,
  kServerReflexive,
  kPeerReflexive,
  kRelay,
  kOther,
};

// RFC 6544 4.5.
enum class TcpType : uint8_t { kActive, kPassive, kSimultaneousOpen };

// name SP value at the end of a line. The last one may lack its value.
struct CandidateExtension {
  std::string name;
  std::string value;

  bool operator==(const CandidateExtension&) const = default;
};

// Plain data; what it says may still be of no use: another component, a type or
// transport that nobody knows, a name that does not resolve. Such candidates
// are ignored by whoever would use them, not refused.
struct Candidate {
  std::string foundation;
  uint32_t component = 1;  // 1: RTP or the only one; 2: RTCP
  CandidateTransport transport = CandidateTransport::kUdp;
  std::string other_transport;  // its name where kOther, else empty
  uint32_t priority = 0;
  std::string address;  // IP address or host name: see KindOfAddress
  uint16_t port = 0;
  CandidateType type = CandidateType::kHost;
  std::string other_type;                // its name where kOther, else empty
  std::string related_address;           // raddr; empty: absent
  std::optional<uint16_t> related_port;  // rport
  std::optional<TcpType> tcp_type;
  std::string ufrag;  // of the generation it belongs to; empty: not said
  // The rest, in order: generation, network-id, network-cost, ...
  std::vector<CandidateExtension> extensions;

  bool operator==(const Candidate&) const = default;
};

// Parses "candidate:..." or the same with "a=" before it. An empty line (W3C's
// end-of-candidates) is the caller's affair.
// Errors: kCandidateSyntax, also for a control character anywhere in the line
// or one of more than `kMaxCandidateBytes`.
inline constexpr size_t kMaxCandidateBytes = 4096;
absl::StatusOr<Candidate> ParseCandidate(std::string_view line);

// Appends "candidate:..." without "a=" and line end.
void PrintCandidate(const Candidate& candidate, std::string& out);

enum class AddressKind : uint8_t { kIp4, kIp6, kMdnsName, kName };

// What kind of address a string in SDP is, by its form alone: dotted quad, one
// with a colon, a name under .local, or else a name (RFC 8839 5.1).
AddressKind KindOfAddress(std::string_view address);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_CANDIDATE_H_

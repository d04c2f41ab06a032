#include "core/ice/transport_rules.h"

#include <algorithm>

#include "core/base/errors.h"

namespace parley::ice {
namespace {

bool IsIceText(std::string_view text, size_t least, size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '+' || c == '/';
         });
}

bool IsUsableTransport(const sdp::Candidate& candidate, bool tcp) {
  switch (candidate.transport) {
    case sdp::CandidateTransport::kUdp:
      return true;
    case sdp::CandidateTransport::kTcp:
      // Simultaneous open needs what no end here does.
      return tcp && (candidate.tcp_type == sdp::TcpType::kActive ||
                     candidate.tcp_type == sdp::TcpType::kPassive);
    case sdp::CandidateTransport::kOther:
      break;
  }
  return false;
}

// Over TCP no services of others: whoever writes a description could have them
// connected to. ICE has two ports of its own there, where firewalls let nothing
// else out.
bool IsUsablePort(const sdp::Candidate& candidate) {
  if (candidate.port == 0) return false;
  return candidate.transport != sdp::CandidateTransport::kTcp ||
         candidate.tcp_type == sdp::TcpType::kActive ||
         candidate.port >= 1024 || candidate.port == 80 ||
         candidate.port == 443;
}

}  // namespace

absl::Status TransportClosed() {
  return MakeError(Reason::kPeerClosed, "The ICE transport is closed.");
}

absl::Status CheckCredentials(std::string_view ufrag, std::string_view pwd) {
  if (IsIceText(ufrag, 4, 256) && IsIceText(pwd, 22, 256)) {
    return absl::OkStatus();
  }
  return MakeError(Reason::kArgument,
                   "An ICE ufrag has 4 to 256, a password 22 to 256 letters, "
                   "digits, '+' or '/'.");
}

std::optional<CandidateUse> WhyUseless(const sdp::Candidate& candidate,
                                       bool tcp, IpAddress& address) {
  if (candidate.component != 1) return CandidateUse::kIgnoredComponent;
  if (!IsUsableTransport(candidate, tcp) ||
      candidate.type == sdp::CandidateType::kOther) {
    return CandidateUse::kIgnoredTransport;
  }
  const std::optional<IpAddress> parsed = IpAddress::Parse(candidate.address);
  if (!parsed) return CandidateUse::kIgnoredName;
  if (!IsUsablePort(candidate)) return CandidateUse::kIgnoredAddress;
  address = *parsed;
  return std::nullopt;
}

}  // namespace parley::ice

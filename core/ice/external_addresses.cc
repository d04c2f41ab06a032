#include "core/ice/external_addresses.h"

#include <string>

namespace parley::ice {
namespace {

// RFC 8445 section 5.1.2.2; over TCP less than a host candidate's.
constexpr uint32_t kReflexivePreference = 100;
constexpr uint32_t kReflexivePreferenceOfTcp = 80;

std::vector<IpAddress> ExternalOf(const ExternalAddresses& addresses,
                                  std::string_view text) {
  const std::optional<IpAddress> local = IpAddress::Parse(text);
  if (!local) return {};
  std::vector<IpAddress> own;
  std::vector<IpAddress> general;
  for (const ExternalAddress& rule : addresses.rules) {
    if (rule.local == local) own.push_back(rule.external);
    if (!rule.local && rule.external.is_v6() == local->is_v6()) {
      general.push_back(rule.external);
    }
  }
  if (!own.empty()) return own;
  if (local->IsLoopback() || local->IsLinkLocal()) return {};
  return general;
}

sdp::Candidate Reflexive(const sdp::Candidate& host) {
  sdp::Candidate out = host;
  out.type = sdp::CandidateType::kServerReflexive;
  // The numbers of libnice's foundations leave letters free.
  out.foundation = "e" + host.foundation;
  const uint32_t preference = host.transport == sdp::CandidateTransport::kTcp
                                  ? kReflexivePreferenceOfTcp
                                  : kReflexivePreference;
  out.priority = (host.priority & 0xffffff) | preference << 24;
  out.related_address = host.address;
  out.related_port = host.port;
  return out;
}

}  // namespace

std::optional<ExternalAddress> ExternalAddress::Parse(std::string_view text) {
  ExternalAddress out;
  const size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    out.local = IpAddress::Parse(text.substr(0, equals));
    if (!out.local) return std::nullopt;
    text.remove_prefix(equals + 1);
  }
  const std::optional<IpAddress> external = IpAddress::Parse(text);
  if (!external || external->IsUnusable()) return std::nullopt;
  out.external = *external;
  if (out.local && out.local->is_v6() != out.external.is_v6()) {
    return std::nullopt;
  }
  return out;
}

std::vector<sdp::Candidate> Advertised(const ExternalAddresses& addresses,
                                       const sdp::Candidate& gathered) {
  if (gathered.type != sdp::CandidateType::kHost) {
    std::vector<sdp::Candidate> out = {gathered};
    const auto related = ExternalOf(addresses, gathered.related_address);
    if (!addresses.keep_local && !related.empty()) {
      out[0].related_address = related[0].ToString();
    }
    return out;
  }
  const auto external = ExternalOf(addresses, gathered.address);
  std::vector<sdp::Candidate> out;
  if (external.empty() || addresses.keep_local) out.push_back(gathered);
  for (const IpAddress& address : external) {
    out.push_back(addresses.keep_local ? Reflexive(gathered) : gathered);
    out.back().address = address.ToString();
  }
  return out;
}

}  // namespace parley::ice

#include "core/ice/nice_candidates.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <string>

namespace parley::ice {
namespace {

std::string Text(const NiceAddress& address) {
  gchar text[NICE_ADDRESS_STRING_LEN];
  nice_address_to_string(&address, text);
  return text;
}

NiceCandidateType ToNice(sdp::CandidateType type) {
  switch (type) {
    case sdp::CandidateType::kHost:
      return NICE_CANDIDATE_TYPE_HOST;
    case sdp::CandidateType::kRelay:
      return NICE_CANDIDATE_TYPE_RELAYED;
    case sdp::CandidateType::kServerReflexive:
    case sdp::CandidateType::kPeerReflexive:  // libnice takes none from SDP
    case sdp::CandidateType::kOther:
      break;
  }
  return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
}

sdp::CandidateType FromNice(NiceCandidateType type) {
  switch (type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return sdp::CandidateType::kHost;
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return sdp::CandidateType::kServerReflexive;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return sdp::CandidateType::kPeerReflexive;
    case NICE_CANDIDATE_TYPE_RELAYED:
      return sdp::CandidateType::kRelay;
  }
  return sdp::CandidateType::kOther;
}

}  // namespace

NiceAddress ToNice(const IpAddress& address, uint16_t port) {
  NiceAddress nice;
  nice_address_init(&nice);
  if (address.is_v6()) {
    nice_address_set_ipv6(&nice, address.bytes().data());
  } else {
    uint32_t bytes;
    memcpy(&bytes, address.bytes().data(), sizeof(bytes));
    nice_address_set_ipv4(&nice, ntohl(bytes));
  }
  nice_address_set_port(&nice, port);
  return nice;
}

NiceCandidatePtr ToNice(const sdp::Candidate& candidate,
                        const IpAddress& address, guint stream) {
  NiceCandidatePtr nice(nice_candidate_new(ToNice(candidate.type)));
  nice->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  nice->addr = ToNice(address, candidate.port);
  nice->base_addr = nice->addr;
  nice->priority = candidate.priority;
  nice->stream_id = stream;
  nice->component_id = NICE_COMPONENT_TYPE_RTP;
  g_strlcpy(nice->foundation, candidate.foundation.c_str(),
            sizeof(nice->foundation));
  return nice;
}

sdp::Candidate FromNice(const NiceCandidate& candidate, bool hide_related) {
  sdp::Candidate out;
  out.foundation = candidate.foundation;
  out.component = candidate.component_id;
  out.priority = candidate.priority;
  out.address = Text(candidate.addr);
  out.port = nice_address_get_port(&candidate.addr);
  out.type = FromNice(candidate.type);
  if (out.type == sdp::CandidateType::kHost) return out;
  if (hide_related) {
    out.related_address =
        nice_address_ip_version(&candidate.addr) == 6 ? "::" : "0.0.0.0";
    out.related_port = 0;
  } else if (nice_address_is_valid(&candidate.base_addr)) {
    out.related_address = Text(candidate.base_addr);
    out.related_port = nice_address_get_port(&candidate.base_addr);
  }
  return out;
}

}  // namespace parley::ice

#include "service/convert_stats.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/strings.h"
#include "core/crypto/fingerprint.h"
#include "parley/v1/stats.pb.h"
#include "service/convert_basic.h"
#include "service/utf8.h"

namespace parley::service {
namespace {

constexpr const char* kFingerprintAlgorithm = "sha-256";

std::string_view TypeName(const sdp::Candidate& candidate) {
  switch (candidate.type) {
    case sdp::CandidateType::kHost:
      return "host";
    case sdp::CandidateType::kServerReflexive:
      return "srflx";
    case sdp::CandidateType::kPeerReflexive:
      return "prflx";
    case sdp::CandidateType::kRelay:
      return "relay";
    case sdp::CandidateType::kOther:
      break;
  }
  return candidate.other_type;
}

std::string_view ProtocolName(const sdp::Candidate& candidate) {
  return candidate.transport == sdp::CandidateTransport::kTcp ? "tcp" : "udp";
}

std::string_view TcpTypeName(sdp::TcpType type) {
  switch (type) {
    case sdp::TcpType::kActive:
      return "active";
    case sdp::TcpType::kPassive:
      return "passive";
    case sdp::TcpType::kSimultaneousOpen:
      return "so";
  }
  return "";
}

std::string_view ProfileName(dtls::SrtpProfile profile) {
  switch (profile) {
    case dtls::SrtpProfile::kAes128CmHmacSha1_80:
      return "SRTP_AES128_CM_HMAC_SHA1_80";
    case dtls::SrtpProfile::kAeadAes128Gcm:
      return "SRTP_AEAD_AES_128_GCM";
  }
  return "";
}

// What identifies a candidate within its transport and side.
std::string CandidateKey(const sdp::Candidate& candidate) {
  return absl::StrCat(ToAbsl(ProtocolName(candidate)), "/", candidate.address,
                      ":", candidate.port, "/", ToAbsl(TypeName(candidate)));
}

class Report {
 public:
  Report(const peer::Measurement& measurement, v1::StatsReport* out)
      : measurement_(measurement), out_(*out) {}

  void WritePeer() {
    v1::PeerConnectionStats* out =
        Add("peer-connection").mutable_peer_connection();
    out->set_data_channels_opened(
        static_cast<uint32_t>(measurement_.channel_counters.opened));
    out->set_data_channels_closed(
        static_cast<uint32_t>(measurement_.channel_counters.closed));
  }

  void WriteTransports() {
    for (const auto& transport : measurement_.transports) {
      Write(absl::StrCat("transport/", transport.id), transport.is);
    }
  }

  void WriteChannels() {
    for (const auto& channel : measurement_.channels) Write(channel);
  }

 private:
  v1::Stats& Add(std::string id) {
    v1::Stats* stats = out_.add_stats();
    stats->set_id(std::move(id));
    ToProto(measurement_.time, stats->mutable_timestamp());
    return *stats;
  }

  void Write(const std::string& id, const peer::TransportMeasurement& is) {
    v1::TransportStats transport;
    WriteIce(id, is, transport);
    WriteDtls(is, transport);
    *Add(id).mutable_transport() = std::move(transport);
  }

  void WriteIce(const std::string& id, const peer::TransportMeasurement& is,
                v1::TransportStats& out) {
    out.set_packets_sent(is.counters.packets_sent);
    out.set_packets_received(is.counters.packets_received);
    out.set_bytes_sent(is.counters.bytes_sent);
    out.set_bytes_received(is.counters.bytes_received);
    out.set_ice_state(ToWire<v1::IceConnectionState>(is.ice_state));
    if (is.ice_role) out.set_ice_role(ToWire<v1::IceRole>(*is.ice_role));
    out.set_ice_local_username_fragment(is.ice.ufrag);
    out.set_selected_candidate_pair_changes(is.ice.selected_changes);
    std::vector<std::string> written;
    for (const sdp::Candidate& one : is.ice.local) {
      Write(id, "local", one, written);
    }
    for (const sdp::Candidate& one : is.ice.remote) {
      Write(id, "remote", one, written);
    }
    if (!is.ice.selected) return;
    const std::string local =
        Write(id, "local", is.ice.selected->local, written);
    const std::string remote =
        Write(id, "remote", is.ice.selected->remote, written);
    out.set_selected_candidate_pair_id(WritePair(id, local, remote, is));
  }

  // Each once; its id.
  std::string Write(const std::string& transport, const char* side,
                    const sdp::Candidate& candidate,
                    std::vector<std::string>& written) {
    std::string id = absl::StrCat(side, "-candidate/", transport, "/",
                                  CandidateKey(candidate));
    if (std::find(written.begin(), written.end(), id) != written.end()) {
      return id;
    }
    written.push_back(id);
    v1::Stats& stats = Add(id);
    v1::IceCandidateStats& out = side == std::string_view("local")
                                     ? *stats.mutable_local_candidate()
                                     : *stats.mutable_remote_candidate();
    out.set_transport_id(transport);
    out.set_address(ToUtf8(candidate.address));
    out.set_port(candidate.port);
    out.set_protocol(std::string(ProtocolName(candidate)));
    out.set_candidate_type(std::string(TypeName(candidate)));
    out.set_priority(candidate.priority);
    out.set_foundation(ToUtf8(candidate.foundation));
    if (!candidate.related_address.empty()) {
      out.set_related_address(ToUtf8(candidate.related_address));
    }
    if (candidate.related_port) out.set_related_port(*candidate.related_port);
    out.set_username_fragment(candidate.ufrag);
    if (candidate.tcp_type) {
      out.set_tcp_type(std::string(TcpTypeName(*candidate.tcp_type)));
    }
    return id;
  }

  std::string WritePair(const std::string& transport, const std::string& local,
                        const std::string& remote,
                        const peer::TransportMeasurement& is) {
    std::string id = absl::StrCat("candidate-pair/", local, "/", remote);
    v1::IceCandidatePairStats& out = *Add(id).mutable_candidate_pair();
    const ice::TransportCounters& before = is.ice.at_selection;
    out.set_transport_id(transport);
    out.set_local_candidate_id(local);
    out.set_remote_candidate_id(remote);
    out.set_state(v1::ICE_CANDIDATE_PAIR_STATE_SUCCEEDED);
    out.set_nominated(true);
    out.set_packets_sent(is.counters.packets_sent - before.packets_sent);
    out.set_packets_received(is.counters.packets_received -
                             before.packets_received);
    out.set_bytes_sent(is.counters.bytes_sent - before.bytes_sent);
    out.set_bytes_received(is.counters.bytes_received - before.bytes_received);
    return id;
  }

  void WriteDtls(const peer::TransportMeasurement& is,
                 v1::TransportStats& out) {
    out.set_dtls_state(ToWire<v1::DtlsTransportState>(is.dtls_state));
    if (is.dtls_role) out.set_dtls_role(ToWire<v1::DtlsRole>(*is.dtls_role));
    if (measurement_.certificate) {
      out.set_local_certificate_id(
          WriteCertificate(measurement_.certificate->der()));
    }
    if (!is.remote_certificates.empty()) {
      out.set_remote_certificate_id(
          WriteCertificate(is.remote_certificates.front()));
    }
    if (!is.dtls_session) return;
    out.set_tls_version(is.dtls_session->tls_version);
    out.set_dtls_cipher(is.dtls_session->cipher);
    if (is.dtls_session->srtp_profile) {
      out.set_srtp_cipher(
          std::string(ProfileName(*is.dtls_session->srtp_profile)));
    }
  }

  // Each once; its id, which is empty only if OpenSSL has no SHA-256.
  std::string WriteCertificate(std::span<const uint8_t> der) {
    const auto fingerprint =
        crypto::MakeFingerprint(kFingerprintAlgorithm, der);
    if (!fingerprint.ok()) return std::string();
    std::string id = absl::StrCat("certificate/", fingerprint->value);
    const bool known =
        std::any_of(out_.stats().begin(), out_.stats().end(),
                    [&](const v1::Stats& one) { return one.id() == id; });
    if (known) return id;
    v1::CertificateStats& out = *Add(id).mutable_certificate();
    out.set_fingerprint(fingerprint->value);
    out.set_fingerprint_algorithm(fingerprint->algorithm);
    out.set_base64_certificate(absl::Base64Escape(absl::string_view(
        reinterpret_cast<const char*>(der.data()), der.size())));
    return id;
  }

  void Write(const peer::Measurement::Channel& channel) {
    const sctp::Channel& is = channel.is;
    v1::DataChannelStats& out =
        *Add(absl::StrCat("data-channel/", is.key)).mutable_data_channel();
    out.set_label(ToUtf8(is.init.label));
    out.set_protocol(ToUtf8(is.init.protocol));
    if (is.id) out.set_data_channel_identifier(*is.id);
    out.set_state(ToWire<v1::DataChannelState>(is.state));
    out.set_messages_sent(is.messages_sent);
    out.set_bytes_sent(is.bytes_sent);
    out.set_messages_received(is.messages_received);
    out.set_bytes_received(is.bytes_received);
    out.set_unread_bytes(channel.unread_bytes);
  }

  const peer::Measurement& measurement_;
  v1::StatsReport& out_;
};

}  // namespace

void ToProto(const peer::Measurement& measurement,
             const peer::MeasurementSelector& selector, v1::StatsReport* out) {
  Report report(measurement, out);
  if (!selector.transceiver && !selector.channel) report.WritePeer();
  report.WriteTransports();
  report.WriteChannels();
}

}  // namespace parley::service

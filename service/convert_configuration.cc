#include "service/convert_configuration.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "parley/v1/configuration.pb.h"
#include "parley/v1/data_channel.pb.h"
#include "parley/v1/peer_calls.pb.h"
#include "service/convert_basic.h"
#include "service/convert_media.h"
#include "service/convert_transceiver.h"
#include "service/options.h"

namespace parley::service {
namespace {

constexpr size_t kMaxIceServers = 16;
constexpr size_t kMaxUrls = 8;
constexpr size_t kMaxUrlBytes = 1024;
constexpr size_t kMaxCredentialBytes = 508;  // RFC 8489 14.3
constexpr uint32_t kMaxCandidatePool = 255;
constexpr size_t kMaxCertificates = 4;
constexpr size_t kMaxLabels = 16;
constexpr size_t kMaxLabelKeyBytes = 63;
constexpr size_t kMaxLabelValueBytes = 255;

static_assert(ToWire<v1::BundlePolicy>(jsep::BundlePolicy::kBalanced) ==
              v1::BUNDLE_POLICY_BALANCED);
static_assert(ToWire<v1::BundlePolicy>(jsep::BundlePolicy::kMaxCompat) ==
              v1::BUNDLE_POLICY_MAX_COMPAT);
static_assert(ToWire<v1::BundlePolicy>(jsep::BundlePolicy::kMaxBundle) ==
              v1::BUNDLE_POLICY_MAX_BUNDLE);

absl::Status Read(const v1::IceServer& in, const std::string& field,
                  std::vector<ice::Server>& out) {
  const auto urls = static_cast<size_t>(in.urls_size());
  if (urls == 0) return BadField(field + ".urls", "is empty");
  for (const absl::Status& fits :
       {CheckLimit(field + ".urls", urls, "URLs", kMaxUrls),
        CheckLimit(field + ".username", in.username().size(), "bytes",
                   kMaxCredentialBytes),
        CheckLimit(field + ".credential", in.credential().size(), "bytes",
                   kMaxCredentialBytes)}) {
    if (!fits.ok()) return fits;
  }
  for (size_t i = 0; i < urls; ++i) {
    const std::string path = FieldPath(field + ".urls", i);
    const std::string& url = in.urls(static_cast<int>(i));
    absl::Status fits = CheckLimit(path, url.size(), "bytes", kMaxUrlBytes);
    if (!fits.ok()) return fits;
    auto server = ice::ParseServer(url, in.username(), in.credential());
    absl::Status status = server.status();
    if (status.ok()) status = ice::CheckSupported(*server);
    if (!status.ok()) return WithMetadata(std::move(status), "field", path);
    out.push_back(*std::move(server));
  }
  return absl::OkStatus();
}

absl::Status ReadPolicies(const v1::Configuration& in,
                          peer::RtcConfiguration& out) {
  if (!v1::IceTransportPolicy_IsValid(in.ice_transport_policy())) {
    return BadField("configuration.ice_transport_policy",
                    "is no policy that is known here");
  }
  if (!v1::BundlePolicy_IsValid(in.bundle_policy())) {
    return BadField("configuration.bundle_policy",
                    "is no policy that is known here");
  }
  if (!v1::RtcpMuxPolicy_IsValid(in.rtcp_mux_policy())) {
    return BadField("configuration.rtcp_mux_policy",
                    "is no policy that is known here");
  }
  out.gathering.tcp = in.ice_tcp();
  if (in.ice_transport_policy() == v1::ICE_TRANSPORT_POLICY_RELAY) {
    out.gathering.policy = ice::TransportPolicy::kRelay;
  }
  if (in.bundle_policy() != v1::BUNDLE_POLICY_UNSPECIFIED) {
    out.bundle_policy = FromWire<jsep::BundlePolicy>(in.bundle_policy());
  }
  return absl::OkStatus();
}

absl::StatusOr<peer::RtcConfiguration> Read(const v1::Configuration& in) {
  peer::RtcConfiguration out;
  if (absl::Status read = ReadPolicies(in, out); !read.ok()) return read;
  const auto servers = static_cast<size_t>(in.ice_servers_size());
  if (absl::Status fits = CheckLimit("configuration.ice_servers", servers,
                                     "entries", kMaxIceServers);
      !fits.ok()) {
    return fits;
  }
  for (size_t i = 0; i < servers; ++i) {
    absl::Status read =
        Read(in.ice_servers(static_cast<int>(i)),
             FieldPath("configuration.ice_servers", i), out.gathering.servers);
    if (!read.ok()) return read;
  }
  if (absl::Status fits =
          CheckLimit("configuration.ice_candidate_pool_size",
                     in.ice_candidate_pool_size(), "sets", kMaxCandidatePool);
      !fits.ok()) {
    return fits;
  }
  out.ice_candidate_pool_size = in.ice_candidate_pool_size();
  if (absl::Status fits =
          CheckLimit("configuration.certificates",
                     static_cast<size_t>(in.certificates_size()), "names",
                     kMaxCertificates);
      !fits.ok()) {
    return fits;
  }
  out.certificates.assign(in.certificates().begin(), in.certificates().end());
  return out;
}

absl::Status ReadMedia(const v1::Configuration& in, const Options& options,
                       jsep::Configuration& out) {
  if (options.media) {
    out.capabilities = options.media->capabilities();
    out.catalog = options.media;
  }
  if (!in.has_media()) return absl::OkStatus();
  auto read = FromProto(in.media(), *out.capabilities, "configuration.media");
  if (!read.ok()) return read.status();
  out.capabilities = *std::move(read);
  return absl::OkStatus();
}

absl::Status ReadConfiguration(const v1::Configuration& in,
                               const Options& options, peer::PeerInit& out) {
  auto read = Read(in);
  if (!read.ok()) return read.status();
  for (std::string& name : read->certificates) {
    out.certificates.push_back({.name = std::move(name)});
  }
  if (read->gathering.policy == ice::TransportPolicy::kRelay) {
    out.configuration.ice_transport_policy = jsep::IceTransportPolicy::kRelay;
  }
  out.configuration.bundle_policy = read->bundle_policy;
  out.configuration.ice_candidate_pool_size = read->ice_candidate_pool_size;
  out.gathering = std::move(read->gathering);
  return ReadMedia(in, options, out.configuration);
}

// Of CreatePeer and UpdatePeer.
template <typename Request>
absl::StatusOr<absl::Duration> ReadLeaseTtl(const Request& in,
                                            const Options& options) {
  if (!in.has_lease_ttl()) return options.engine.pool.default_lease_ttl;
  return FromProto(in.lease_ttl(), "lease_ttl", absl::Seconds(1),
                   options.engine.pool.max_lease_ttl);
}

absl::Status ReadFirstObjects(const v1::CreatePeerRequest& in,
                              size_t max_transceivers, peer::PeerInit& out) {
  const auto transceivers = static_cast<size_t>(in.transceivers_size());
  const auto channels = static_cast<size_t>(in.data_channels_size());
  if (absl::Status fits =
          CheckLimit("transceivers", transceivers, "entries", max_transceivers);
      !fits.ok()) {
    return fits;
  }
  for (size_t i = 0; i < transceivers; ++i) {
    auto spec = FromProto(in.transceivers(static_cast<int>(i)),
                          FieldPath("transceivers", i));
    if (!spec.ok()) return spec.status();
    out.transceivers.push_back(*std::move(spec));
  }
  for (size_t i = 0; i < channels; ++i) {
    auto spec = FromProto(in.data_channels(static_cast<int>(i)),
                          FieldPath("data_channels", i));
    if (!spec.ok()) return spec.status();
    out.channels.push_back(*std::move(spec));
  }
  return absl::OkStatus();
}

absl::Status ReadRest(const v1::CreatePeerRequest& in, const Options& options,
                      peer::PeerInit& out) {
  if (!v1::IceMode_IsValid(in.ice_mode())) {
    return BadField("ice_mode", "is no mode that is known here");
  }
  out.configuration.ice_lite = in.ice_mode() == v1::ICE_MODE_UNSPECIFIED
                                   ? options.single_port_by_default
                                   : in.ice_mode() == v1::ICE_MODE_SINGLE_PORT;
  if (in.has_max_data_channels()) {
    if (in.max_data_channels() == 0) {
      return BadField("max_data_channels", "is 0; leave it out for 256");
    }
    if (absl::Status fits =
            CheckLimit("max_data_channels", in.max_data_channels(), "channels",
                       options.max_data_channels);
        !fits.ok()) {
      return fits;
    }
    out.max_data_channels = static_cast<uint16_t>(in.max_data_channels());
  } else {
    out.max_data_channels = static_cast<uint16_t>(
        std::min<uint64_t>(out.max_data_channels, options.max_data_channels));
  }
  const auto ttl = ReadLeaseTtl(in, options);
  if (!ttl.ok()) return ttl.status();
  out.lease_ttl = *ttl;
  if (in.has_polite()) out.polite = in.polite();
  return absl::OkStatus();
}

// Which fields UpdatePeer is to change.
struct UpdatedFields {
  bool configuration = false;
  bool labels = false;
  bool lease_ttl = false;
  bool polite = false;
};

absl::StatusOr<UpdatedFields> ReadMask(const v1::UpdatePeerRequest& in) {
  if (!in.has_update_mask()) {
    return UpdatedFields{.configuration = in.has_configuration(),
                         .labels = !in.labels().empty(),
                         .lease_ttl = in.has_lease_ttl(),
                         .polite = in.has_polite()};
  }
  UpdatedFields out;
  if (absl::Status fits = CheckMask(in.update_mask()); !fits.ok()) return fits;
  for (const std::string& path : in.update_mask().paths()) {
    if (path == "configuration") {
      out.configuration = true;
    } else if (path == "labels") {
      out.labels = true;
    } else if (path == "lease_ttl") {
      out.lease_ttl = true;
    } else if (path == "polite") {
      out.polite = true;
    } else {
      return BadField("update_mask",
                      "names a field that cannot be changed: configuration, "
                      "labels, lease_ttl and polite can, each as a whole");
    }
  }
  return out;
}

template <typename Number>
absl::StatusOr<std::optional<uint16_t>> Read16(bool present, Number number,
                                               std::string_view field,
                                               uint64_t limit) {
  if (!present) return std::nullopt;
  if (number > limit) {
    return BadField(field, absl::StrCat("is beyond ", limit).c_str());
  }
  return static_cast<uint16_t>(number);
}

}  // namespace

absl::StatusOr<peer::Labels> ReadLabels(
    const google::protobuf::Map<std::string, std::string>& in) {
  if (absl::Status fits =
          CheckLimit("labels", in.size(), "entries", kMaxLabels);
      !fits.ok()) {
    return fits;
  }
  peer::Labels out;
  for (const auto& [key, value] : in) {
    if (key.empty()) return BadField("labels", "has an empty key");
    for (const absl::Status& fits :
         {CheckLimit("labels", key.size(), "bytes in a key", kMaxLabelKeyBytes),
          CheckLimit("labels", value.size(), "bytes in a value",
                     kMaxLabelValueBytes)}) {
      if (!fits.ok()) return fits;
    }
    out.emplace(key, value);
  }
  return out;
}

void ToProto(const jsep::Configuration& configuration,
             const ice::GatheringConfiguration& gathering,
             const std::vector<std::string>& certificates,
             v1::Configuration* out) {
  // One entry of several URLs came apart into servers with the same
  // credentials.
  const ice::Server* before = nullptr;
  for (const ice::Server& server : gathering.servers) {
    const bool same = before && before->username == server.username &&
                      before->credential == server.credential;
    v1::IceServer* entry =
        same ? out->mutable_ice_servers(out->ice_servers_size() - 1)
             : out->add_ice_servers();
    entry->add_urls(ice::ToUrl(server));
    entry->set_username(server.username);
    before = &server;
  }
  out->set_ice_transport_policy(gathering.policy == ice::TransportPolicy::kRelay
                                    ? v1::ICE_TRANSPORT_POLICY_RELAY
                                    : v1::ICE_TRANSPORT_POLICY_ALL);
  out->set_bundle_policy(ToWire<v1::BundlePolicy>(configuration.bundle_policy));
  out->set_rtcp_mux_policy(v1::RTCP_MUX_POLICY_REQUIRE);
  out->set_ice_candidate_pool_size(configuration.ice_candidate_pool_size);
  out->set_ice_tcp(gathering.tcp);
  for (const std::string& name : certificates) out->add_certificates(name);
}

absl::StatusOr<peer::PeerInit> FromProto(const v1::CreatePeerRequest& request,
                                         const Options& options) {
  peer::PeerInit init;
  init.configuration.max_message_size = options.max_message_size;
  auto labels = ReadLabels(request.labels());
  if (!labels.ok()) return labels.status();
  init.labels = *std::move(labels);
  absl::Status status =
      ReadFirstObjects(request, options.engine.limits.max_transceivers, init);
  if (status.ok())
    status = ReadConfiguration(request.configuration(), options, init);
  if (status.ok()) status = ReadRest(request, options, init);
  if (!status.ok()) return status;
  return init;
}

absl::StatusOr<peer::PeerUpdate> FromProto(const v1::UpdatePeerRequest& request,
                                           const Options& options) {
  const auto fields = ReadMask(request);
  if (!fields.ok()) return fields.status();
  peer::PeerUpdate update;
  if (fields->configuration) {
    auto read = Read(request.configuration());
    if (!read.ok()) return read.status();
    if (request.configuration().has_media()) {
      return MakeError(Reason::kConfigurationImmutable,
                       "what a peer negotiates of media cannot change; leave "
                       "it out, or create a new peer",
                       {{"field", "configuration.media"}});
    }
    update.configuration = *std::move(read);
  }
  if (fields->labels) {
    auto labels = ReadLabels(request.labels());
    if (!labels.ok()) return labels.status();
    update.labels = *std::move(labels);
  }
  if (fields->lease_ttl) {
    const auto ttl = ReadLeaseTtl(request, options);
    if (!ttl.ok()) return ttl.status();
    update.lease_ttl = *ttl;
  }
  if (fields->polite) update.polite = !request.has_polite() || request.polite();
  return update;
}

absl::Status InConfiguration(absl::Status status) {
  for (const char* field :
       {"bundle_policy", "ice_candidate_pool_size", "certificates",
        "certificates[0]", "certificates[1]", "certificates[2]",
        "certificates[3]"}) {
    status = RenameField(std::move(status), field,
                         absl::StrCat("configuration.", field));
  }
  return status;
}

absl::StatusOr<peer::ChannelSpec> FromProto(const v1::DataChannelInit& init,
                                            std::string_view field) {
  const auto path = [field](std::string_view name) {
    return absl::StrCat(ToAbsl(field), ".", ToAbsl(name));
  };
  const auto life_time =
      Read16(init.has_max_packet_life_time(), init.max_packet_life_time(),
             path("max_packet_life_time"), 65535);
  if (!life_time.ok()) return life_time.status();
  const auto retransmits =
      Read16(init.has_max_retransmits(), init.max_retransmits(),
             path("max_retransmits"), 65535);
  if (!retransmits.ok()) return retransmits.status();
  const auto id = Read16(init.has_id(), init.id(), path("id"), 65534);
  if (!id.ok()) return id.status();
  peer::ChannelSpec spec{
      .init = {.label = init.label(),
               .protocol = init.protocol(),
               .ordered = !init.has_ordered() || init.ordered(),
               .max_packet_life_time = *life_time,
               .max_retransmits = *retransmits,
               .negotiated = init.negotiated(),
               .id = *id},
      .buffered_amount_low_threshold = init.buffered_amount_low_threshold()};
  switch (init.priority()) {
    case v1::PRIORITY_UNSPECIFIED:
    case v1::PRIORITY_LOW:
      break;
    case v1::PRIORITY_VERY_LOW:
      spec.init.priority = sctp::Priority::kVeryLow;
      break;
    case v1::PRIORITY_MEDIUM:
      spec.init.priority = sctp::Priority::kMedium;
      break;
    case v1::PRIORITY_HIGH:
      spec.init.priority = sctp::Priority::kHigh;
      break;
    default:
      return BadField(path("priority"), "is no priority that is known here");
  }
  return spec;
}

}  // namespace parley::service

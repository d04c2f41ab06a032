#include "core/jsep/session.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "core/base/errors.h"
#include "core/jsep/blueprint.h"
#include "core/jsep/mids.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

constexpr size_t kUfragCharacters = 8;
constexpr size_t kPwdCharacters = 28;
constexpr size_t kStreamIdCharacters = 24;
constexpr uint32_t kMaxCandidatePool = 255;

// RFC 9429 section 5.2.1: 63 random bits, below 2^63 - 1.
uint64_t MakeSessionId(Random& random) {
  constexpr uint64_t kLimit = (uint64_t{1} << 63) - 1;
  return (random.Uint64() >> 1) % kLimit;
}

absl::Status CheckConfiguration(const Configuration& configuration) {
  if (configuration.capabilities == nullptr) {
    return MakeError(Reason::kArgument, "capabilities are missing",
                     {{"field", "capabilities"}});
  }
  if (configuration.ice_lite &&
      configuration.ice_transport_policy == IceTransportPolicy::kRelay) {
    return MakeError(Reason::kNotSupported,
                     "a single-port peer has no relay: the policy must be all, "
                     "or the peer a full one",
                     {{"field", "ice_transport_policy"}});
  }
  if (configuration.ice_candidate_pool_size > kMaxCandidatePool) {
    return MakeError(Reason::kArgument,
                     "the ICE candidate pool has at most 255 candidates",
                     {{"field", "ice_candidate_pool_size"}});
  }
  if (configuration.sctp_port == 0) {
    return MakeError(Reason::kArgument, "SCTP port 0 means no association",
                     {{"field", "sctp_port"}});
  }
  return CheckCapabilities(*configuration.capabilities);
}

absl::Status Immutable(const char* field) {
  return MakeError(
      Reason::kConfigurationImmutable,
      std::string(field) + " cannot change in the life of a peer connection",
      {{"field", field}});
}

absl::Status CheckChange(const Session& session, const Configuration& next) {
  const Configuration& now = *session.configuration;
  if (!now.fingerprints.empty() && next.fingerprints != now.fingerprints) {
    return Immutable("certificates");
  }
  if (next.bundle_policy != now.bundle_policy) {
    return Immutable("bundle_policy");
  }
  if (next.rtcp_mux_policy != now.rtcp_mux_policy) {
    return Immutable("rtcp_mux_policy");
  }
  if (next.ice_lite != now.ice_lite) return Immutable("ice_lite");
  if (next.sctp_port != now.sctp_port) return Immutable("sctp_port");
  if (next.capabilities != now.capabilities) return Immutable("capabilities");
  const bool local_set = LocalDescription(session) != nullptr;
  if (local_set &&
      next.ice_candidate_pool_size != now.ice_candidate_pool_size) {
    return MakeError(Reason::kConfigurationImmutable,
                     "ice_candidate_pool_size cannot change once a local "
                     "description was set",
                     {{"field", "ice_candidate_pool_size"}});
  }
  return absl::OkStatus();
}

void AppendUfrags(const std::optional<SessionDescription>& description,
                  std::vector<std::string>& out) {
  if (!description) return;
  const sdp::Description& parsed = description->body->parsed;
  for (const sdp::MediaSection& section : parsed.sections) {
    const auto credentials = sdp::EffectiveIceCredentials(parsed, section);
    if (!credentials.ufrag.empty()) out.emplace_back(credentials.ufrag);
  }
}

}  // namespace

absl::Status CheckOpen(const Session& session, const char* operation) {
  if (session.state != SignalingState::kClosed) return absl::OkStatus();
  return MakeError(Reason::kPeerClosed,
                   std::string(operation) + ": the peer connection is closed",
                   {{"state", "closed"}, {"operation", operation}});
}

IceCredentials MakeIceCredentials(Random& random) {
  return {.ufrag = random.Token(kUfragCharacters),
          .pwd = random.Token(kPwdCharacters)};
}

absl::StatusOr<Session> MakeSession(Configuration configuration,
                                    Random& random) {
  absl::Status status = CheckConfiguration(configuration);
  if (!status.ok()) return status;
  Session session;
  session.configuration =
      std::make_shared<const Configuration>(std::move(configuration));
  const auto& catalog = session.configuration->catalog;
  const auto& capabilities = session.configuration->capabilities;
  session.catalog = catalog && catalog->capabilities() == capabilities
                        ? catalog
                        : MediaCatalog::For(capabilities);
  session.session_id = MakeSessionId(random);
  session.default_stream_id = random.Token(kStreamIdCharacters);
  return session;
}

absl::Status SetConfiguration(Session& session, Configuration configuration) {
  absl::Status status = CheckOpen(session, "setConfiguration");
  if (status.ok()) status = CheckConfiguration(configuration);
  if (status.ok()) status = CheckChange(session, configuration);
  if (!status.ok()) return status;
  const Configuration& now = *session.configuration;
  const bool gathering_changes =
      now.ice_servers_key != configuration.ice_servers_key ||
      now.ice_transport_policy != configuration.ice_transport_policy;
  if (gathering_changes && !session.transports.empty()) {
    session.needs_ice_restart = true;
  }
  session.configuration =
      std::make_shared<const Configuration>(std::move(configuration));
  ++session.revision;
  return absl::OkStatus();
}

absl::Status SetFingerprints(Session& session,
                             std::vector<sdp::Fingerprint> fingerprints) {
  const Configuration& now = *session.configuration;
  if (now.fingerprints == fingerprints) return absl::OkStatus();
  if (!now.fingerprints.empty()) return Immutable("certificates");
  auto next = std::make_shared<Configuration>(now);
  next->fingerprints = std::move(fingerprints);
  session.configuration = std::move(next);
  ++session.revision;
  return absl::OkStatus();
}

absl::Status NoteDataChannelCreated(Session& session) {
  absl::Status status = CheckOpen(session, "createDataChannel");
  if (!status.ok() || session.data_channel_created) return status;
  session.data_channel_created = true;
  ++session.revision;
  return absl::OkStatus();
}

absl::Status RestartIce(Session& session) {
  absl::Status status = CheckOpen(session, "restartIce");
  if (!status.ok()) return status;
  std::vector<std::string> ufrags;
  AppendUfrags(session.current_local, ufrags);
  AppendUfrags(session.pending_local, ufrags);
  std::sort(ufrags.begin(), ufrags.end());
  ufrags.erase(std::unique(ufrags.begin(), ufrags.end()), ufrags.end());
  session.ufrags_to_replace = std::move(ufrags);
  ++session.revision;
  return absl::OkStatus();
}

void Remember(Session& session, const CreatedDescription& created) {
  auto& slot = created.type == SdpType::kOffer ? session.last_offer
                                               : session.last_answer;
  if (slot && slot->blueprint == created.blueprint) return;
  slot = created;
  const Blueprint& blueprint = *created.blueprint;
  session.last_version =
      std::max(session.last_version, blueprint.outline.origin.session_version);
  session.proposed_credentials = blueprint.shared_credentials;
  ProposeMids(session, blueprint);
}

void ForgetCreated(Session& session) {
  session.last_offer = std::nullopt;
  session.last_answer = std::nullopt;
}

Effects Close(Session& session) {
  Effects effects;
  if (session.state == SignalingState::kClosed) return effects;
  if (session.sctp) {
    effects.push_back(CloseSctp{.transport = session.sctp->transport});
  }
  for (const Transport& transport : session.transports) {
    effects.push_back(CloseTransport{.transport = transport.id});
  }
  for (Transceiver& transceiver : session.transceivers) {
    transceiver.stopping = true;
    transceiver.stopped = true;
    transceiver.current_direction = std::nullopt;
  }
  session.transports.clear();
  session.sctp = std::nullopt;
  session.last_stable = nullptr;
  session.state = SignalingState::kClosed;
  ++session.revision;
  return effects;
}

const Transceiver* FindTransceiver(const Session& session, TransceiverId id) {
  // In order of creation, so of ids.
  const auto found = std::lower_bound(
      session.transceivers.begin(), session.transceivers.end(), id,
      [](const Transceiver& t, TransceiverId wanted) { return t.id < wanted; });
  if (found == session.transceivers.end() || found->id != id) return nullptr;
  return &*found;
}

const Transport* FindTransport(const std::vector<Transport>& transports,
                               TransportId id) {
  const auto found = std::lower_bound(
      transports.begin(), transports.end(), id,
      [](const Transport& t, TransportId wanted) { return t.id < wanted; });
  return found == transports.end() || found->id != id ? nullptr : &*found;
}

const Transport* FindTransport(const Session& session, TransportId id) {
  return FindTransport(session.transports, id);
}

std::optional<size_t> SectionIndex(const Session& session,
                                   std::string_view mid) {
  for (size_t i = 0; i < session.sections.size(); ++i) {
    if (session.sections[i].mid == mid) return i;
  }
  return std::nullopt;
}

const Section* FindSection(const Session& session, std::string_view mid) {
  const auto index = SectionIndex(session, mid);
  return index ? &session.sections[*index] : nullptr;
}

const SessionDescription* LocalDescription(const Session& session) {
  if (session.pending_local) return &*session.pending_local;
  return session.current_local ? &*session.current_local : nullptr;
}

const SessionDescription* RemoteDescription(const Session& session) {
  if (session.pending_remote) return &*session.pending_remote;
  return session.current_remote ? &*session.current_remote : nullptr;
}

std::optional<bool> CanTrickle(const Session& session) {
  const SessionDescription* remote = RemoteDescription(session);
  if (remote == nullptr) return std::nullopt;
  const sdp::Description& parsed = remote->body->parsed;
  const auto has_trickle = [](const auto& options) {
    return std::find(options.begin(), options.end(), "trickle") !=
           options.end();
  };
  if (has_trickle(parsed.transport.ice_options)) return true;
  return std::any_of(parsed.sections.begin(), parsed.sections.end(),
                     [&](const sdp::MediaSection& section) {
                       return has_trickle(section.transport.ice_options);
                     });
}

}  // namespace parley::jsep

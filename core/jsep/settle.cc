#include "core/jsep/settle.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/jsep/apply.h"
#include "core/jsep/candidate_book.h"
#include "core/jsep/encodings.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

constexpr uint64_t kDefaultMaxMessageSize = 65536;  // RFC 8841 section 6.1

bool Has(std::span<const std::string> list, std::string_view one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

RemoteIce RemoteIceOf(const sdp::Description& remote, size_t index) {
  const sdp::MediaSection& section = remote.sections[index];
  const auto credentials = sdp::EffectiveIceCredentials(remote, section);
  const auto options = sdp::EffectiveIceOptions(remote, section);
  return {.credentials = {.ufrag = std::string(credentials.ufrag),
                          .pwd = std::string(credentials.pwd)},
          .lite = remote.ice_lite,
          .trickle = Has(options, "trickle"),
          .ice2 = Has(options, "ice2")};
}

void SettleIce(const sdp::Description& remote, size_t index,
               Transport& transport) {
  RemoteIce ice = RemoteIceOf(remote, index);
  const bool known =
      transport.remote && transport.remote_generation == transport.generation;
  if (known && transport.remote->credentials != ice.credentials) {
    // Another provisional answer came from elsewhere: the same generation of
    // ours begins anew with that end.
    transport.generation = ++transport.last_generation;
  }
  transport.remote = std::move(ice);
  transport.remote_generation = transport.generation;
}

// RFC 8842 section 5: a new association where the other end shows another
// certificate or tls-id; otherwise the one in use stays, and so does its role.
void SettleDtls(const sdp::Description& remote, size_t index, DtlsRole role,
                Transport& transport) {
  const sdp::MediaSection& section = remote.sections[index];
  const auto shown = sdp::EffectiveFingerprints(remote, section);
  const std::string_view tls_id = sdp::EffectiveTlsId(remote, section);
  const std::vector<sdp::Fingerprint> fingerprints(shown.begin(), shown.end());
  const bool other_id = !tls_id.empty() && !transport.remote_tls_id.empty() &&
                        tls_id != transport.remote_tls_id;
  if (transport.dtls_role && !other_id &&
      transport.remote_fingerprints == fingerprints) {
    return;
  }
  transport.dtls_role = role;
  transport.remote_fingerprints = fingerprints;
  transport.remote_tls_id = tls_id;
  ++transport.dtls_association;
}

// RFC 8853 section 5.2: '~'.
bool IsPaused(const sdp::Simulcast& simulcast, std::string_view rid) {
  return std::any_of(simulcast.recv.begin(), simulcast.recv.end(),
                     [&](const sdp::SimulcastStream& stream) {
                       return stream.front().rid == rid &&
                              stream.front().paused;
                     });
}

// W3C "set a session description": layers that the other end does not take, or
// not now. `answer` is that of the other end, null where it is ours.
void KeepAnsweredEncodings(const SettledSection& settled,
                           const sdp::MediaSection* answer,
                           Transceiver& transceiver) {
  std::vector<Encoding>& encodings = transceiver.encodings;
  if (encodings.size() < 2 || !settled.simulcast_offered) return;
  if (settled.send_rids.empty()) {
    encodings.resize(1);
    return;
  }
  std::erase_if(encodings, [&](const Encoding& encoding) {
    return !Has(settled.send_rids, encoding.rid);
  });
  if (answer == nullptr || !answer->simulcast) return;
  for (Encoding& encoding : encodings) {
    encoding.active = !IsPaused(*answer->simulcast, encoding.rid);
  }
}

void SettleTransceiver(const Session& session, const SettledSection& settled,
                       Side answerer, const sdp::MediaSection& remote,
                       bool final, Transceiver& transceiver) {
  if (transceiver.stopped) return;
  const Direction direction = settled.direction;
  if (answerer == Side::kRemote) {
    ProcessRemoteTracks(transceiver, direction,
                        Receives(direction) ? StreamIdsOf(session, remote)
                                            : std::vector<std::string>());
  } else if (!Receives(direction)) {
    transceiver.remote_stream_ids.clear();
  }
  transceiver.fired_direction = direction;
  transceiver.current_direction = direction;
  transceiver.was_sending = transceiver.was_sending || Sends(direction);
  if (settled.rejected) {
    // An answer that rejects the section stops its transceiver (RFC 9429
    // section 4.2.2).
    if (final) StopNow(transceiver);
    return;
  }
  if (settled.media) {
    ForgetUnnegotiatedCodecs(*settled.media, transceiver.encodings);
  }
  // A provisional answer may be followed by one that takes other layers.
  if (!final) return;
  KeepAnsweredEncodings(settled, answerer == Side::kRemote ? &remote : nullptr,
                        transceiver);
}

void SettleSection(const SettledSection& settled, bool final,
                   Section& section) {
  if (settled.rejected) {
    if (!final) return;
    section.rejected = true;
    section.transport = 0;
    section.answered = false;
    section.bundled = false;
    section.bundle_only = false;
    section.media = nullptr;
    section.send_rids.clear();
    section.recv_rids.clear();
    return;
  }
  section.transport = settled.transport;
  section.media = settled.media;
  if (!final) return;
  section.answered = true;
  section.bundled = settled.bundled;
  section.bundle_only = false;
  section.rejected = false;
  // Layers once settled stay known while nothing is sent.
  if (!settled.send_rids.empty()) section.send_rids = settled.send_rids;
  if (!settled.recv_rids.empty()) section.recv_rids = settled.recv_rids;
}

void SettleSctp(Session& next, const SettledSection& settled,
                const Section& section, const sdp::MediaSection& remote,
                bool new_dtls, bool final) {
  if (settled.rejected) {
    if (!final) return;
    if (next.sctp && next.sctp->mid == section.mid) next.sctp = std::nullopt;
    if (next.proposed_data_mid == section.mid) next.proposed_data_mid.clear();
    return;
  }
  const uint16_t port = sdp::SctpPort(remote).value_or(5000);
  Sctp sctp{.mid = section.mid,
            .transport = settled.transport,
            .association = next.sctp ? next.sctp->association : 0,
            .remote_port = port,
            .remote_max_message_size =
                remote.max_message_size.value_or(kDefaultMaxMessageSize)};
  const bool continues = next.sctp && next.sctp->mid == sctp.mid &&
                         next.sctp->transport == sctp.transport &&
                         next.sctp->remote_port == port && !new_dtls;
  if (!continues) sctp.association = ++next.last_sctp_association;
  next.sctp = std::move(sctp);
}

// The transports whose DTLS association is a new one.
std::vector<TransportId> SettleTransports(Session& next,
                                          const Settlement& settlement,
                                          const sdp::Description& remote) {
  std::vector<TransportId> renewed;
  for (const SettledTransport& settled : settlement.transports) {
    Transport* transport = MutableTransport(next, settled.id);
    if (transport == nullptr) continue;
    transport->mline_index = settled.mline_index;
    transport->mid = next.sections[settled.mline_index].mid;
    const uint32_t association = transport->dtls_association;
    SettleIce(remote, settled.remote_index, *transport);
    SettleDtls(remote, settled.remote_index, settled.role, *transport);
    if (transport->dtls_association != association) {
      renewed.push_back(settled.id);
    }
  }
  for (size_t i = 0; i < settlement.sections.size(); ++i) {
    const SettledSection& settled = settlement.sections[i];
    if (settled.rejected) continue;
    if (Transport* transport = MutableTransport(next, settled.transport)) {
      // Data has no RTCP; what is bundled shares what its tag settled.
      transport->rtcp_mux = settled.media == nullptr || settled.media->rtcp_mux;
    }
  }
  return renewed;
}

// W3C: restartIce is satisfied once none of the credentials that it marked is
// in the current local description.
void ForgetReplacedCredentials(Session& next) {
  if (next.ufrags_to_replace.empty() || !next.current_local) return;
  const sdp::Description& local = next.current_local->body->parsed;
  const bool still_there = std::any_of(
      local.sections.begin(), local.sections.end(),
      [&](const sdp::MediaSection& section) {
        return Has(next.ufrags_to_replace,
                   sdp::EffectiveIceCredentials(local, section).ufrag);
      });
  if (!still_there) next.ufrags_to_replace.clear();
}

}  // namespace

void Settle(Session& next, const Settlement& settlement,
            const sdp::Description& remote) {
  const bool final = settlement.type == SdpType::kAnswer;
  const std::vector<TransportId> renewed =
      SettleTransports(next, settlement, remote);
  for (size_t i = 0; i < settlement.sections.size(); ++i) {
    const SettledSection& settled = settlement.sections[i];
    Section& section = next.sections[i];
    const sdp::MediaSection& theirs = remote.sections[i];
    if (section.kind == SectionKind::kData) {
      const bool new_dtls = std::find(renewed.begin(), renewed.end(),
                                      settled.transport) != renewed.end();
      SettleSctp(next, settled, section, theirs, new_dtls, final);
    }
    if (Transceiver* transceiver =
            MutableTransceiver(next, section.transceiver)) {
      SettleTransceiver(next, settled, settlement.answerer, theirs, final,
                        *transceiver);
    }
    SettleSection(settled, final, section);
  }
  if (final) DropUnusedTransports(next, /*all=*/true);
}

void FinishExchange(Session& next) {
  ForgetCreated(next);
  ForgetReplacedCredentials(next);
  std::erase_if(next.transceivers, [&](const Transceiver& transceiver) {
    return transceiver.stopped &&
           (!transceiver.mline_index ||
            next.sections[*transceiver.mline_index].rejected);
  });
  next.last_stable = nullptr;
  PruneBook(next.local_candidates, next.pending_local, next.current_local);
  PruneBook(next.remote_candidates, next.pending_remote, next.current_remote);
}

}  // namespace parley::jsep

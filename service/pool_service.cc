#include "service/pool_service.h"

#include "core/jsep/codecs.h"
#include "service/convert_basic.h"
#include "service/convert_negotiation.h"
#include "service/ledger_call.h"
#include "service/peer_dump.h"
#include "service/process.h"
#include "service/unary.h"

namespace parley::service {
namespace {

constexpr absl::Duration kMaxDrainTimeout = absl::Hours(24);

void WriteLimits(const Options& options, v1::PoolLimits* out) {
  const peer::Limits& limits = options.engine.limits;
  out->set_max_description_bytes(limits.max_description_bytes);
  // One more than transceivers: that of the data channels.
  out->set_max_sections(static_cast<uint32_t>(limits.max_transceivers + 1));
  out->set_max_candidates_per_call(kMaxCandidatesPerCall);
  out->set_max_queued_candidates(
      static_cast<uint32_t>(limits.max_queued_candidates));
  out->set_max_data_channels(static_cast<uint32_t>(options.max_data_channels));
  out->set_max_message_size(options.max_message_size);
  out->set_send_buffer_bytes(limits.send_buffer_bytes);
  out->set_receive_buffer_bytes(limits.receive_buffer_bytes);
  out->set_peer_receive_buffer_bytes(limits.peer_receive_buffer_bytes);
  out->set_max_exchange_bytes(options.max_exchange_bytes);
  out->set_event_history_bytes(limits.event_history_bytes);
  out->set_pool_event_history_bytes(options.engine.pool.journal_bytes);
  out->set_request_ids(static_cast<uint32_t>(limits.request_ids));
  ToProto(options.engine.pool.default_lease_ttl,
          out->mutable_default_lease_ttl());
  ToProto(options.engine.pool.max_lease_ttl, out->mutable_max_lease_ttl());
  ToProto(options.engine.pool.tombstone_ttl, out->mutable_tombstone_ttl());
}

void WriteTenant(const Caller& caller, v1::PoolTenant* out) {
  pool::Tenant& tenant = *caller.tenant;
  out->set_name(tenant.name());
  out->set_admin(caller.role == Role::kAdmin);
  out->set_peers(tenant.peers().used());
  out->set_max_peers(tenant.peers().limit());
  out->set_certificates(tenant.certificates().used());
  out->set_max_certificates(tenant.certificates().limit());
  out->set_streams(tenant.streams().used());
  out->set_max_streams(tenant.streams().limit());
  if (!tenant.call_rate().limited()) return;
  out->set_calls_per_second(tenant.call_rate().per_second);
  out->set_call_burst(tenant.call_rate().effective_burst());
}

absl::StatusOr<absl::Duration> DrainTimeout(const v1::DrainRequest& request,
                                            const Options& options) {
  if (!request.has_timeout()) return options.drain_timeout;
  if (request.cancel()) return BadField("timeout", "excludes cancel");
  return FromProto(request.timeout(), "timeout", absl::ZeroDuration(),
                   kMaxDrainTimeout);
}

uint64_t Ports(const ice::TransportOptions& ice) {
  return ice.min_port == 0 ? 0 : uint64_t{ice.max_port} - ice.min_port + 1;
}

}  // namespace

void PoolService::WritePool(const Caller& caller, v1::Pool& out) const {
  WriteTenant(caller, out.mutable_tenant());
  out.set_node(core_.pool.identity().node);
  out.set_epoch(core_.pool.identity().epoch);
  out.set_version(PARLEY_VERSION);
  for (const char* feature : {"full-ice", "stun", "turn", "ice-tcp",
                              "data-channels", "certificates"}) {
    out.add_features(feature);
  }
  if (engine_.single_port() != nullptr) out.add_features("single-port");
  ToProto(start_time_, out.mutable_start_time());
  out.set_state(core_.pool.draining() ? v1::POOL_STATE_DRAINING
                                      : v1::POOL_STATE_SERVING);
  if (const auto deadline = drainer_.deadline()) {
    ToProto(*deadline, out.mutable_drain_deadline());
  }
  out.mutable_capacity()->set_peers(core_.options.engine.pool.max_peers);
  out.mutable_capacity()->set_tombstones(
      core_.options.engine.pool.max_tombstones);
  out.mutable_capacity()->set_certificates(
      core_.options.engine.certificates.max_certificates);
  out.mutable_capacity()->set_ports(Ports(core_.options.engine.ice));
  if (const auto descriptors = engine_.descriptors().Capacity();
      descriptors.ok()) {
    out.mutable_capacity()->set_file_descriptors(
        static_cast<uint64_t>(*descriptors));
  }
  out.mutable_capacity()->set_memory_bytes(
      core_.options.engine.pool.max_memory_bytes);
  const pool::Usage usage = core_.pool.usage();
  out.mutable_use()->set_peers(usage.peers);
  out.mutable_use()->set_tombstones(usage.tombstones);
  out.mutable_use()->set_connected_peers(usage.connected_peers);
  out.mutable_use()->set_data_channels(usage.data_channels);
  out.mutable_use()->set_certificates(core_.certificates.size());
  out.mutable_use()->set_ports(engine_.ports().in_use());
  const ProcessUse process = ReadProcessUse();
  out.mutable_use()->set_file_descriptors(process.file_descriptors.value_or(0));
  out.mutable_use()->set_memory_bytes(process.resident_bytes.value_or(0));
  out.mutable_use()->set_threads(process.threads.value_or(0));
  WriteLimits(core_.options, out.mutable_limits());
}

PoolService::Unary* PoolService::GetPool(Context* context,
                                         const v1::GetPoolRequest*,
                                         v1::GetPoolResponse* response) {
  const Ending ending(core_, "GetPool", "", context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  WritePool(ending.caller(), *response->mutable_pool());
  return ending.FinishNow(absl::OkStatus());
}

PoolService::Unary* PoolService::Drain(Context* context,
                                       const v1::DrainRequest* request,
                                       v1::DrainResponse* response) {
  const Ending ending(core_, "Drain", "", context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  const auto timeout = DrainTimeout(*request, core_.options);
  if (!timeout.ok()) return ending.FinishNow(timeout.status());
  const LedgerCall change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  if (request->cancel()) {
    drainer_.Cancel();
  } else {
    drainer_.Begin(core_.clock.Now() + *timeout);
  }
  WritePool(ending.caller(), *response->mutable_pool());
  change.End(absl::OkStatus());
  return change.reactor();
}

PoolService::Unary* PoolService::DumpPeer(Context* context,
                                          const v1::DumpPeerRequest* request,
                                          v1::DumpPeerResponse* response) {
  const Ending ending(core_, "DumpPeer", request->name(), context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  const auto member = FindAny(core_.pool, request->name());
  if (!member.ok()) return ending.FinishNow(member.status());
  member->peer->Measure(
      peer::MeasurementSelector(),
      [ending, response, member = *member](
          absl::StatusOr<peer::Measurement> measured, const peer::View& view) {
        if (measured.ok()) {
          WriteDump(*member.peer, view, *measured,
                    ending.core().options.engine.ice.policy,
                    ending.core().shown, response->mutable_dump());
          response->mutable_dump()->set_tenant(member.tenant->name());
        }
        ending.Finish(measured.status());
      });
  return ending.reactor();
}

}  // namespace parley::service

#include "service/metrics.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "core/base/strings.h"
#include "prometheus/text_serializer.h"
#include "service/process.h"

namespace parley::service {

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
  MetricFamilies out;
  out.BeginGauge("parley_build_info", "1; what runs stands in the labels.");
  out.Add({{"version", PARLEY_VERSION}, {"node", core_.pool.identity().node}},
          1);
  WritePool(out);
  WriteCallers(out);
  WriteCalls(out);
  WriteStreams(out);
  WriteConnections(out);
  WriteTraffic(out);
  WriteCertificates(out);
  WriteSinglePort(out);
  WriteProcess(out);
  return out.Take();
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(Collect());
}

void Metrics::WritePool(MetricFamilies& out) const {
  const pool::Usage usage = core_.pool.usage();
  const pool::Tally& tally = core_.pool.tally();
  out.Gauge("parley_peers",
            "Peers that have not given everything back, without tombstones.",
            static_cast<double>(usage.peers));
  out.Gauge("parley_peers_limit", "Peers that there may be (--max-peers).",
            static_cast<double>(core_.pool.options().max_peers));
  const pool::MemoryBudget& memory = core_.pool.memory();
  out.Gauge("parley_memory_reserved_bytes",
            "Memory set aside for the server and its peers.",
            static_cast<double>(memory.in_use()));
  out.Gauge("parley_memory_limit_bytes",
            "How much that may be (--max-memory); 0: any.",
            static_cast<double>(memory.limit()));
  out.Gauge("parley_peers_connected",
            "Peers whose connection state is connected.",
            static_cast<double>(usage.connected_peers));
  out.Gauge("parley_tombstones", "Closed peers that can still be read.",
            static_cast<double>(usage.tombstones));
  out.Gauge("parley_data_channels", "Data channels that are not closed.",
            static_cast<double>(usage.data_channels));
  out.Gauge("parley_pool_utilization_ratio",
            "How full the pool is, 0 to 1: its peers of their limit, or its "
            "file descriptors, UDP ports or memory of theirs, whichever is "
            "most.",
            Utilization(usage));
  out.Gauge("parley_draining", "1 while the server takes no new peers.",
            core_.pool.draining() ? 1 : 0);
  out.Counter("parley_peers_created_total", "Peers created.",
              static_cast<double>(tally.peers_created()));
  out.BeginCounter("parley_peers_closed_total", "Peers closed, by the reason.");
  for (size_t i = 0; i < tally.peers_closed().size(); ++i) {
    const auto reason = static_cast<peer::CloseReason>(i);
    const std::string name =
        absl::AsciiStrToLower(ToAbsl(peer::CloseReasonName(reason)));
    out.Add({{"reason", name}},
            static_cast<double>(tally.peers_closed()[reason]));
  }
  out.Counter("parley_events_total",
              "Events of all peers, and their creations.",
              static_cast<double>(core_.pool.tenants().journal_entries()));
}

double Metrics::Utilization(const pool::Usage& usage) const {
  const auto share = [](auto used, auto capacity) {
    return static_cast<double>(used) / static_cast<double>(capacity);
  };
  double most = share(usage.peers, core_.pool.options().max_peers);
  const auto capacity = engine_.descriptors().Capacity();
  if (capacity.ok() && *capacity > 0) {
    most = std::max(most, share(engine_.descriptors().in_use(), *capacity));
  }
  const pool::MemoryBudget& memory = core_.pool.memory();
  if (memory.limit() > 0) {
    most = std::max(most, share(memory.in_use(), memory.limit()));
  }
  const ice::TransportOptions& ice = engine_.options().ice;
  if (ice.max_port > 0) {
    most = std::max(
        most, share(engine_.ports().in_use(), ice.max_port - ice.min_port + 1));
  }
  return most;
}

void Metrics::WriteCallers(MetricFamilies& out) const {
  out.Gauge("parley_tenants", "Tenants that are known, with the common one.",
            static_cast<double>(core_.pool.tenants().size()));
  out.BeginCounter("parley_callers_refused_total",
                   "Calls whose token or certificate was none, by the cause.");
  for (size_t i = 0; i < kTokenFaults; ++i) {
    const auto fault = static_cast<TokenFault>(i);
    out.Add({{"cause", TokenFaultName(fault)}},
            static_cast<double>(core_.access.refused(fault)));
  }
  out.Counter("parley_access_reload_failures_total",
              "How often files of tokens or keys had changed and could not be "
              "used.",
              static_cast<double>(core_.access.failed_reloads()));
}

void Metrics::WriteCalls(MetricFamilies& out) const {
  out.BeginCounter("parley_calls_total",
                   "RPCs that ended, by the method and the gRPC code.");
  for (size_t m = 0; m < Method::kCount; ++m) {
    const Method method = Method::At(m);
    for (size_t c = 0; c < CallCounts::kCodes; ++c) {
      const auto code = static_cast<absl::StatusCode>(c);
      const uint64_t ended = core_.calls.ended(method, code);
      // A rate begins at a zero that was seen, so OK is always there; of the
      // rest, what there was.
      if (ended == 0 && code != absl::StatusCode::kOk) continue;
      out.Add(
          {{"method", method.name()}, {"code", absl::StatusCodeToString(code)}},
          static_cast<double>(ended));
    }
  }
  out.BeginHistogram("parley_call_seconds",
                     "How long unary RPCs took, by the method.");
  for (size_t m = 0; m < Method::kCount; ++m) {
    const Method method = Method::At(m);
    if (method.streams()) continue;
    out.Add({{"method", method.name()}}, core_.calls.times(method));
  }
}

void Metrics::WriteStreams(MetricFamilies& out) const {
  out.BeginGauge("parley_watchers",
                 "Streams of WatchPeer and WatchPeers that are open.");
  for (const Method method : {Method("WatchPeer"), Method("WatchPeers")}) {
    out.Add({{"method", method.name()}},
            static_cast<double>(core_.streams.open(method)));
  }
  out.BeginGauge("parley_message_streams",
                 "Streams of Exchange and ReceiveMessages that are open.");
  for (const Method method : {Method("Exchange"), Method("ReceiveMessages")}) {
    out.Add({{"method", method.name()}},
            static_cast<double>(core_.streams.open(method)));
  }
}

void Metrics::WriteConnections(MetricFamilies& out) const {
  const pool::Tally& tally = core_.pool.tally();
  out.BeginCounter("parley_connection_state_changes_total",
                   "How often the connection state of a peer became this.");
  for (size_t i = 0; i < tally.connection_states().size(); ++i) {
    const auto state = static_cast<peer::ConnectionState>(i);
    out.Add({{"state", peer::ConnectionStateName(state)}},
            static_cast<double>(tally.connection_states()[state]));
  }
  out.BeginCounter("parley_ice_connection_state_changes_total",
                   "How often the ICE connection state of a peer became this.");
  for (size_t i = 0; i < tally.ice_states().size(); ++i) {
    const auto state = static_cast<ice::ConnectionState>(i);
    out.Add({{"state", ice::Name(state)}},
            static_cast<double>(tally.ice_states()[state]));
  }
  out.Counter("parley_dtls_failures_total",
              "Connections that failed although their ICE had not.",
              static_cast<double>(tally.dtls_failures()));
  out.Counter("parley_gathering_errors_total",
              "STUN and TURN servers that gave no candidate.",
              static_cast<double>(tally.gathering_errors()));
  out.Counter("parley_remote_candidate_names_ignored_total",
              "Remote candidates with an mDNS or domain name in place of an "
              "address, which is never resolved.",
              static_cast<double>(tally.candidate_names_ignored()));
  out.BeginHistogram(
      "parley_connect_seconds",
      "From a peer's first connection state connecting to connected.");
  out.Add({}, tally.connect_times());
}

void Metrics::WriteTraffic(MetricFamilies& out) const {
  const pool::Tally& tally = core_.pool.tally();
  const pool::Tally::Traffic traffic = tally.traffic();
  out.Counter("parley_data_channels_opened_total",
              "Data channels that became open.",
              static_cast<double>(tally.channels_opened()));
  out.BeginCounter("parley_data_channel_messages_total",
                   "Messages of data channels, by what the server did.");
  out.Add({{"direction", "sent"}}, static_cast<double>(traffic.messages_sent));
  out.Add({{"direction", "received"}},
          static_cast<double>(traffic.messages_received));
  out.BeginCounter("parley_data_channel_bytes_total",
                   "Bytes of these messages.");
  out.Add({{"direction", "sent"}}, static_cast<double>(traffic.bytes_sent));
  out.Add({{"direction", "received"}},
          static_cast<double>(traffic.bytes_received));
  out.Counter("parley_receive_buffers_full_total",
              "How often a peer's received messages filled their buffer, so "
              "that the other end had to wait for who reads them.",
              static_cast<double>(tally.receive_buffers_full()));
}

void Metrics::WriteCertificates(MetricFamilies& out) const {
  const auto stock = engine_.certificates();
  out.Gauge("parley_certificates", "Certificates of CertificateService.",
            static_cast<double>(core_.certificates.size()));
  out.Gauge("parley_ready_certificates", "Certificates in stock for new peers.",
            static_cast<double>(stock.ready));
  out.Counter("parley_certificates_generated_total",
              "Certificates made for that stock.",
              static_cast<double>(stock.generated));
  out.Counter("parley_certificate_failures_total",
              "Certificates that could not be made, or read.",
              static_cast<double>(stock.failed));
}

void Metrics::WriteSinglePort(MetricFamilies& out) const {
  const ice::SinglePortHub* hub = engine_.single_port();
  if (hub == nullptr) return;
  const ice::SinglePortCounters counters = hub->counters();
  out.Counter("parley_single_port_datagrams_received_total",
              "Datagrams that came to the UDP port that peers share.",
              static_cast<double>(counters.received));
  out.BeginCounter("parley_single_port_datagrams_dropped_total",
                   "Of these, those that were dropped, by the cause.");
  for (const auto& [cause, count] :
       {std::pair("malformed", counters.malformed),
        std::pair("unknown_ufrag", counters.unknown_ufrag),
        std::pair("unknown_path", counters.unknown_path),
        std::pair("queue_full", counters.queue_full),
        std::pair("denied", counters.denied),
        std::pair("unauthenticated", counters.unauthenticated),
        std::pair("refused", counters.refused),
        std::pair("replayed", counters.replayed)}) {
    out.Add({{"cause", cause}}, static_cast<double>(count));
  }
  out.Counter("parley_single_port_datagrams_unsent_total",
              "Datagrams that the kernel did not take.",
              static_cast<double>(counters.unsent));
}

void Metrics::WriteProcess(MetricFamilies& out) const {
  out.BeginHistogram("parley_event_loop_lag_seconds",
                     "How late the event loops came to a timer of theirs, "
                     "once a second.");
  out.Add({}, engine_.lag());
  const ProcessUse process = ReadProcessUse();
  const auto gauge = [&out](const char* name, const char* help,
                            const std::optional<uint64_t>& value) {
    if (value) out.Gauge(name, help, static_cast<double>(*value));
  };
  gauge("process_open_fds", "File descriptors that are open.",
        process.file_descriptors);
  gauge("process_max_fds", "File descriptors that there may be.",
        process.max_file_descriptors);
  gauge("process_resident_memory_bytes", "Resident memory.",
        process.resident_bytes);
  gauge("process_threads", "Threads.", process.threads);
  out.Gauge("process_start_time_seconds",
            "When the server started, since the Unix epoch.",
            absl::ToDoubleSeconds(start_time_ - absl::UnixEpoch()));
  out.Counter("process_cpu_seconds_total", "Processor time spent.",
              absl::ToDoubleSeconds(process.processor_time));
}

}  // namespace parley::service

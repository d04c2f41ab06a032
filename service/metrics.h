// The metrics of the server, as Prometheus's client library takes them: what
// was counted since the start, and what there is at the moment it is asked.
// Names and units keep to Prometheus's conventions; the values of labels are
// few and known, never a name of a peer or caller. Safe for concurrent use.
#ifndef PARLEY_SERVICE_METRICS_H_
#define PARLEY_SERVICE_METRICS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/pool/engine.h"
#include "prometheus/metric_family.h"
#include "service/core.h"
#include "service/metric_families.h"

namespace parley::service {

class Metrics {
 public:
  // Both must outlive it.
  Metrics(const Core& core, const pool::Engine& engine)
      : core_(core), engine_(engine), start_time_(core.clock.Now()) {}

  std::vector<prometheus::MetricFamily> Collect() const;
  // The same in Prometheus's text format.
  std::string Text() const;

 private:
  void WritePool(MetricFamilies& out) const;
  double Utilization(const pool::Usage& usage) const;
  void WriteCallers(MetricFamilies& out) const;
  void WriteCalls(MetricFamilies& out) const;
  void WriteStreams(MetricFamilies& out) const;
  void WriteConnections(MetricFamilies& out) const;
  void WriteTraffic(MetricFamilies& out) const;
  void WriteCertificates(MetricFamilies& out) const;
  void WriteSinglePort(MetricFamilies& out) const;
  void WriteProcess(MetricFamilies& out) const;

  const Core& core_;
  const pool::Engine& engine_;
  const absl::Time start_time_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_METRICS_H_

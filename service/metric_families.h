// Builds what a scrape of Prometheus shows: families of metrics, each with its
// name, its help and its samples. A value; used once.
#ifndef PARLEY_SERVICE_METRIC_FAMILIES_H_
#define PARLEY_SERVICE_METRIC_FAMILIES_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/duration_histogram.h"
#include "prometheus/metric_family.h"

namespace parley::service {

class MetricFamilies {
 public:
  // Of values that are few and known: never a name that a caller chose.
  struct Label {
    std::string_view name;
    std::string_view value;
  };

  // Begins a family; what follows are its samples.
  void BeginGauge(std::string name, std::string help) {
    Begin(prometheus::MetricType::Gauge, std::move(name), std::move(help));
  }
  void BeginCounter(std::string name, std::string help) {
    Begin(prometheus::MetricType::Counter, std::move(name), std::move(help));
  }
  void BeginHistogram(std::string name, std::string help) {
    Begin(prometheus::MetricType::Histogram, std::move(name), std::move(help));
  }

  void Add(std::initializer_list<Label> labels, double value);
  void Add(std::initializer_list<Label> labels,
           const DurationHistogram& histogram);

  // A family of one sample.
  void Gauge(std::string name, std::string help, double value) {
    BeginGauge(std::move(name), std::move(help));
    Add({}, value);
  }
  void Counter(std::string name, std::string help, double value) {
    BeginCounter(std::move(name), std::move(help));
    Add({}, value);
  }

  std::vector<prometheus::MetricFamily> Take() { return std::move(families_); }

 private:
  void Begin(prometheus::MetricType type, std::string name, std::string help);
  prometheus::ClientMetric& AddSample(std::initializer_list<Label> labels);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_METRIC_FAMILIES_H_

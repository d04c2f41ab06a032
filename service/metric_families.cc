#include "service/metric_families.h"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace parley::service {

void MetricFamilies::Begin(prometheus::MetricType type, std::string name,
                           std::string help) {
  prometheus::MetricFamily& family = families_.emplace_back();
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
}

prometheus::ClientMetric& MetricFamilies::AddSample(
    std::initializer_list<Label> labels) {
  prometheus::ClientMetric& sample = families_.back().metric.emplace_back();
  for (const Label& label : labels) {
    sample.label.push_back({std::string(label.name), std::string(label.value)});
  }
  return sample;
}

void MetricFamilies::Add(std::initializer_list<Label> labels, double value) {
  prometheus::ClientMetric& sample = AddSample(labels);
  if (families_.back().type == prometheus::MetricType::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
}

void MetricFamilies::Add(std::initializer_list<Label> labels,
                         const DurationHistogram& histogram) {
  prometheus::ClientMetric& sample = AddSample(labels);
  const DurationHistogram::Reading reading = histogram.Read();
  uint64_t sum = 0;
  for (size_t i = 0; i < reading.counts.size(); ++i) {
    sum += reading.counts[i];
    const bool last = i == histogram.bounds().size();
    sample.histogram.bucket.push_back(
        {.cumulative_count = sum,
         .upper_bound = last ? std::numeric_limits<double>::infinity()
                             : absl::ToDoubleSeconds(histogram.bounds()[i])});
  }
  sample.histogram.sample_count = sum;
  sample.histogram.sample_sum = absl::ToDoubleSeconds(reading.sum);
}

}  // namespace parley::service

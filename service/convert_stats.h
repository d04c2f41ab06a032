// W3C's statistics on the wire. Pure functions; see convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_STATS_H_
#define PARLEY_SERVICE_CONVERT_STATS_H_

#include "core/peer/measurement.h"

namespace parley::v1 {
class StatsReport;
}  // namespace parley::v1

namespace parley::service {

// `selector` is what was measured: of a part there are no statistics of the
// whole peer connection.
void ToProto(const peer::Measurement& measurement,
             const peer::MeasurementSelector& selector, v1::StatsReport* out);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_STATS_H_

// What the services share. Everything in it is safe for concurrent use and
// outlives them.
#ifndef PARLEY_SERVICE_CORE_H_
#define PARLEY_SERVICE_CORE_H_

#include "core/base/clock.h"
#include "core/pool/certificate_store.h"
#include "core/pool/pool.h"
#include "service/access.h"
#include "service/call_counts.h"
#include "service/convert_state.h"
#include "service/log.h"
#include "service/open_streams.h"
#include "service/options.h"

namespace parley::service {

struct Core {
  pool::Pool& pool;
  pool::CertificateStore& certificates;
  const Options& options;
  const Clock& clock;
  Log& log;
  Shown shown;
  OpenStreams& streams;
  CallCounts& calls;
  Access& access;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CORE_H_

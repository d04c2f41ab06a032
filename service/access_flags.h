// The flags about who may call, and how much each tenant may have of it all.
// Used once, at start.
#ifndef PARLEY_SERVICE_ACCESS_FLAGS_H_
#define PARLEY_SERVICE_ACCESS_FLAGS_H_

#include "absl/status/status.h"
#include "service/flags.h"
#include "service/options.h"

namespace parley::service {

FlagGroup AccessFlags(Options& options);

// What no flag of these can judge alone.
absl::Status CheckAccess(const Options& options);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_ACCESS_FLAGS_H_

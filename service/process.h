// What the system says of this process. Safe for concurrent use.
#ifndef PARLEY_SERVICE_PROCESS_H_
#define PARLEY_SERVICE_PROCESS_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace parley::service {

// nullopt: the system does not say.
struct ProcessUse {
  std::optional<uint64_t> resident_bytes;
  std::optional<uint64_t> threads;
  std::optional<uint64_t> file_descriptors;
  std::optional<uint64_t> max_file_descriptors;
  // Spent since its start, by all threads together.
  absl::Duration processor_time;
};

ProcessUse ReadProcessUse();

}  // namespace parley::service

#endif  // PARLEY_SERVICE_PROCESS_H_

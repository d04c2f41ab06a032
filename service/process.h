// What the system says of this process. Safe for concurrent use.
#ifndef PARLEY_SERVICE_PROCESS_H_
#define PARLEY_SERVICE_PROCESS_H_

#include <cstdint>
#include <optional>

namespace parley::service {

// nullopt: the system does not say.
struct ProcessUse {
  std::optional<uint64_t> resident_bytes;
  std::optional<uint64_t> threads;
  std::optional<uint64_t> file_descriptors;
};

ProcessUse ReadProcessUse();

}  // namespace parley::service

#endif  // PARLEY_SERVICE_PROCESS_H_

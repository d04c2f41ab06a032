#include "core/pool/memory_budget.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "core/base/errors.h"

namespace parley::pool {
namespace {

// Measured: see deploy/SIZING.md.
constexpr int64_t kPeerBytes = 170 << 10;
constexpr int64_t kSinglePortPeerBytes = 130 << 10;
// Of an association, whose streams are fixed when it begins.
constexpr int64_t kUsualChannels = 256;
constexpr int64_t kChannelBytes = 140;

// What version 1 shows where there is no limit is near 2^63.
constexpr int64_t kNoLimit = int64_t{1} << 60;

void Lower(std::optional<int64_t>& limit, const std::string& path) {
  std::ifstream file(path);
  int64_t bytes = 0;
  // "max": no number.
  if (!(file >> bytes) || bytes <= 0 || bytes >= kNoLimit) return;
  limit = std::min(limit.value_or(bytes), bytes);
}

// Of the group and of those that it is in. In a container the path may be one
// that only its host knows: what is mounted is then the group itself.
void LowerAll(std::optional<int64_t>& limit, const std::string& mount,
              std::string group, const std::string& file) {
  for (;;) {
    Lower(limit, mount + group + "/" + file);
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos || group == "/") break;
    group.resize(slash);
  }
  Lower(limit, mount + "/" + file);
}

}  // namespace

absl::StatusOr<MemoryBudget::Lease> MemoryBudget::Reserve(int64_t bytes) {
  int64_t used = in_use_.load(std::memory_order_relaxed);
  do {
    if (limit_ == 0 || used + bytes <= limit_) continue;
    return MakeRetryableError(
        Reason::kMemory,
        "the memory that peers may take is used up: close peers, or give the "
        "server more (--max-memory)",
        absl::Seconds(1), {{"limit", std::to_string(limit_)}});
  } while (!in_use_.compare_exchange_weak(used, used + bytes));
  return Lease(*this, bytes);
}

int64_t BytesOf(const peer::PeerInit& init) {
  const int64_t more =
      std::max<int64_t>(0, init.max_data_channels - kUsualChannels);
  return (init.configuration.ice_lite ? kSinglePortPeerBytes : kPeerBytes) +
         more * kChannelBytes;
}

std::optional<int64_t> CgroupMemoryLimit(const std::string& membership,
                                         const std::string& mount) {
  std::optional<int64_t> limit;
  std::ifstream lines(membership);
  // NUMBER:CONTROLLERS:PATH; version 2 has no controllers.
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    // With the colons before and after them as commas.
    std::string controllers = line.substr(first, second - first + 1);
    controllers.front() = controllers.back() = ',';
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") {
      LowerAll(limit, mount, group, "memory.max");
    } else if (controllers.find(",memory,") != std::string::npos) {
      LowerAll(limit, mount + "/memory", group, "memory.limit_in_bytes");
    }
  }
  return limit;
}

}  // namespace parley::pool

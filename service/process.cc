#include "service/process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace parley::service {
namespace {

// The entries of a directory, without "." and "..".
std::optional<uint64_t> CountEntries(const char* path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path), closedir);
  if (!directory) return std::nullopt;
  uint64_t count = 0;
  while (const dirent* entry = readdir(directory.get())) {
    count += entry->d_name[0] != '.' ? 1 : 0;
  }
  return count;
}

// The second number of statm is the resident set, in pages.
std::optional<uint64_t> ResidentBytes() {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(
      fopen("/proc/self/statm", "re"), fclose);
  unsigned long size = 0;
  unsigned long resident = 0;
  if (!file || fscanf(file.get(), "%lu %lu", &size, &resident) != 2) {
    return std::nullopt;
  }
  return uint64_t{resident} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

std::optional<uint64_t> MaxFileDescriptors() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return limit.rlim_cur;
}

absl::Duration ProcessorTime() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);  // cannot fail
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

}  // namespace

ProcessUse ReadProcessUse() {
  ProcessUse use{.resident_bytes = ResidentBytes(),
                 .threads = CountEntries("/proc/self/task"),
                 .file_descriptors = CountEntries("/proc/self/fd"),
                 .max_file_descriptors = MaxFileDescriptors(),
                 .processor_time = ProcessorTime()};
  // One of them was the directory that was read.
  if (use.file_descriptors) --*use.file_descriptors;
  return use;
}

}  // namespace parley::service

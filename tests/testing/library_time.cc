#include "tests/testing/library_time.h"

#include <sys/time.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "absl/time/time.h"

namespace {

std::atomic<const parley::Clock*> library_clock = nullptr;

}  // namespace

extern "C" int gettimeofday(timeval* time, void*) noexcept {
  if (const parley::Clock* clock = library_clock) {
    *time = absl::ToTimeval(clock->Now());
    return 0;
  }
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

namespace parley::testing {

LibraryTime::LibraryTime(const Clock& clock) {
  if (library_clock.exchange(&clock) != nullptr) {
    std::fputs("there is a LibraryTime already\n", stderr);
    std::abort();
  }
}

LibraryTime::~LibraryTime() { library_clock = nullptr; }

}  // namespace parley::testing

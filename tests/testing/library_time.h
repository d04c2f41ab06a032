// Virtual time for libraries that read the clock themselves.
//
// OpenSSL's DTLS timers and usrsctp's round-trip times and lifetimes follow
// gettimeofday. A program that links this file defines that function: while a
// LibraryTime lives it tells the time of its clock, otherwise the machine's.
#ifndef PARLEY_TESTS_TESTING_LIBRARY_TIME_H_
#define PARLEY_TESTS_TESTING_LIBRARY_TIME_H_

#include "core/base/clock.h"

namespace parley::testing {

// One at a time in a process. The clock must outlive it.
class LibraryTime {
 public:
  explicit LibraryTime(const Clock& clock);
  ~LibraryTime();
  LibraryTime(const LibraryTime&) = delete;
  LibraryTime& operator=(const LibraryTime&) = delete;
};

}  // namespace parley::testing

#endif  // PARLEY_TESTS_TESTING_LIBRARY_TIME_H_

// Tells ThreadSanitizer what Debian's Abseil, compiled without it, keeps to
// itself: that a mutex, a condition variable, a notification or a counter
// orders what threads do. Without this every datum they guard is reported.
//
// The linker turns each call our own code makes of a function listed below
// into one of its twin here (see tests/testing/CMakeLists.txt). What runs
// inside the function itself, the conditions of waiters included, runs under
// the lock, so its reads are not watched.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// Of the sanitizer's run time, in none of its headers.
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);

// GLib and libnice are compiled without it too: what they order by their own
// means looks unordered.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libglib-2.0.so\nrace:libgobject-2.0.so\n"
         "race:libgio-2.0.so\nrace:libnice.so\n";
}

namespace parley {

using absl::BlockingCounter;
using absl::Condition;
using absl::CondVar;
using absl::Duration;
using absl::Mutex;
using absl::Notification;
using absl::Time;

// What a call does to the order of threads around it.
struct Acquires {
  explicit Acquires(const void* object) : object(object) {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  }
  ~Acquires() {
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    __tsan_acquire(const_cast<void*>(object));
  }
  const void* object;
};

struct Releases {
  explicit Releases(const void* object) {
    __tsan_release(const_cast<void*>(object));
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  }
  ~Releases() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

// HasBeenNotified, inline, reads the atomic that follows the mutex.
struct Notifies : Releases {
  explicit Notifies(Notification* n) : Releases(n) {
    __tsan_release(reinterpret_cast<char*>(n) + sizeof(Mutex));
  }
};

// Gives the lock up while it waits.
struct Waits : Releases, Acquires {
  explicit Waits(const void* object) : Releases(object), Acquires(object) {}
};

// One mangled name a line, for CMakeLists.txt to read.
// clang-format off

// Defines the twin of the Abseil function with this mangled name; a call of it
// has `effect` on `object`.
#define PARLEY_JOIN2(a, b) a##b
#define PARLEY_JOIN(a, b) PARLEY_JOIN2(a, b)
#define PARLEY_TWIN(effect, object, result, parameters, arguments, mangled) \
  result PARLEY_JOIN(Real, __LINE__) parameters asm("__real_" mangled);     \
  result PARLEY_JOIN(Twin, __LINE__) parameters asm("__wrap_" mangled);     \
  result PARLEY_JOIN(Twin, __LINE__) parameters {                           \
    effect order(object);                                                   \
    return PARLEY_JOIN(Real, __LINE__) arguments;                           \
  }

PARLEY_TWIN(Acquires, m, void, (Mutex* m), (m),
            "_ZN4absl7debian35Mutex4LockEv")
PARLEY_TWIN(Acquires, m, bool, (Mutex* m), (m),
            "_ZN4absl7debian35Mutex7TryLockEv")
PARLEY_TWIN(Acquires, m, void, (Mutex* m), (m),
            "_ZN4absl7debian35Mutex10ReaderLockEv")
PARLEY_TWIN(Acquires, m, bool, (Mutex* m), (m),
            "_ZN4absl7debian35Mutex13ReaderTryLockEv")
PARLEY_TWIN(Acquires, m, void, (Mutex* m, const Condition& c), (m, c),
            "_ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE")
PARLEY_TWIN(Acquires, m, bool, (Mutex* m, const Condition& c, Duration t), (m, c, t),
            "_ZN4absl7debian35Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE")
PARLEY_TWIN(Acquires, m, bool, (Mutex* m, const Condition& c, Time t), (m, c, t),
            "_ZN4absl7debian35Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE")
PARLEY_TWIN(Releases, m, void, (Mutex* m), (m),
            "_ZN4absl7debian35Mutex6UnlockEv")
PARLEY_TWIN(Releases, m, void, (Mutex* m), (m),
            "_ZN4absl7debian35Mutex12ReaderUnlockEv")
PARLEY_TWIN(Waits, m, void, (Mutex* m, const Condition& c), (m, c),
            "_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE")
PARLEY_TWIN(Waits, m, bool, (Mutex* m, const Condition& c, Duration t), (m, c, t),
            "_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE")
PARLEY_TWIN(Waits, m, bool, (Mutex* m, const Condition& c, Time t), (m, c, t),
            "_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE")
PARLEY_TWIN(Waits, m, void, (CondVar* v, Mutex* m), (v, m),
            "_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE")
PARLEY_TWIN(Waits, m, bool, (CondVar* v, Mutex* m, Duration t), (v, m, t),
            "_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE")
PARLEY_TWIN(Waits, m, bool, (CondVar* v, Mutex* m, Time t), (v, m, t),
            "_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE")
PARLEY_TWIN(Notifies, n, void, (Notification* n), (n),
            "_ZN4absl7debian312Notification6NotifyEv")
PARLEY_TWIN(Acquires, n, void, (const Notification* n), (n),
            "_ZNK4absl7debian312Notification19WaitForNotificationEv")
PARLEY_TWIN(Acquires, n, bool, (const Notification* n, Duration t), (n, t),
            "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE")
PARLEY_TWIN(Acquires, n, bool, (const Notification* n, Time t), (n, t),
            "_ZNK4absl7debian312Notification31WaitForNotificationWithDeadlineENS0_4TimeE")
PARLEY_TWIN(Releases, b, bool, (BlockingCounter* b), (b),
            "_ZN4absl7debian315BlockingCounter14DecrementCountEv")
PARLEY_TWIN(Acquires, b, void, (BlockingCounter* b), (b),
            "_ZN4absl7debian315BlockingCounter4WaitEv")

// clang-format on

}  // namespace parley

// A DNS server on loopback which knows a few names under .test. Everything is
// safe on any thread.
#ifndef PARLEY_TESTS_CORE_LOOP_FAKE_DNS_H_
#define PARLEY_TESTS_CORE_LOOP_FAKE_DNS_H_

#include <map>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/testing/loopback_socket.h"

namespace parley::testing {

// good.test has A 192.0.2.7 and AAAA 2001:db8::7, four.test only the A,
// empty.test neither; none.test does not exist; silent.test
// and the names below it get no answer.
class FakeDns {
 public:
  FakeDns();
  ~FakeDns();

  // "127.0.0.1:port".
  std::string address() const;
  // How many queries came for the name.
  int Queries(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Serve();
  std::string Answer(const std::string& query) ABSL_LOCKS_EXCLUDED(mutex_);

  LoopbackSocket socket_;
  absl::Mutex mutex_;
  std::map<std::string, int> queries_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace parley::testing

#endif  // PARLEY_TESTS_CORE_LOOP_FAKE_DNS_H_

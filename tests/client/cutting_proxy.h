// Stands between a client and a server on unix sockets and cuts their
// connections when a test says so. Safe for concurrent use.
#ifndef PARLEY_TESTS_CLIENT_CUTTING_PROXY_H_
#define PARLEY_TESTS_CLIENT_CUTTING_PROXY_H_

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace parley {

class CuttingProxy {
 public:
  explicit CuttingProxy(std::string server_socket);
  ~CuttingProxy();

  std::string target() const { return "unix:" + socket_; }

  // Cuts every connection there is; what is under way is lost.
  void Cut();

 private:
  void Accept();
  void Relay(int from, int to);

  const std::string server_socket_;
  std::string directory_;
  std::string socket_;
  int listener_ = -1;
  std::thread accepter_;

  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::pair<int, int>> connections_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> relays_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley

#endif  // PARLEY_TESTS_CLIENT_CUTTING_PROXY_H_

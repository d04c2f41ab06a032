// A server of the test's own: the program parleyd as a child, on a unix socket
// and on loopback alone. Belongs to one thread.
#ifndef PARLEY_TESTS_CLIENT_PARLEYD_H_
#define PARLEY_TESTS_CLIENT_PARLEYD_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace parley {

class Parleyd {
 public:
  // Returns when it listens. Ends this process if it cannot be started.
  explicit Parleyd(std::vector<std::string> flags = {});
  ~Parleyd();
  Parleyd(const Parleyd&) = delete;
  Parleyd& operator=(const Parleyd&) = delete;

  // The path of its socket, and the same as a gRPC target.
  const std::string& socket() const { return socket_; }
  std::string target() const { return "unix:" + socket_; }

  pid_t pid() const { return pid_; }

  // SIGTERM; returns its exit code when it has ended.
  int Terminate();

 private:
  std::string directory_;
  std::string socket_;
  pid_t pid_ = 0;
};

}  // namespace parley

#endif  // PARLEY_TESTS_CLIENT_PARLEYD_H_

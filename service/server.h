// The server: the engine, the services in front of it, and the ports they are
// reached on. Made, started and stopped by one thread.
#ifndef PARLEY_SERVICE_SERVER_H_
#define PARLEY_SERVICE_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/access.h"
#include "service/log.h"
#include "service/options.h"

namespace grpc {
class Channel;
class Service;
}  // namespace grpc

namespace parley::service {

class Server {
 public:
  // Serves when it returns. The log must outlive the server; so must services
  // that are registered besides Parley's own, which stand beside them on the
  // same port. The error is one line for people.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      Options options, Log& log, std::vector<grpc::Service*> besides = {});

  // As Stop, with the configured time.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where it listens, with the port that was chosen for port 0.
  const std::string& address() const;
  // Empty: it has no admin port.
  const std::string& admin_address() const;
  // Empty: it has no metrics port.
  const std::string& metrics_address() const;

  pool::Engine& engine();
  const Access& access() const;

  // A channel to it without a socket, for tests.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Ends in order: health says NOT_SERVING, new peers are refused, the others
  // live on for this time at most; then they are closed, their streams end,
  // and calls may finish, each in a few seconds, or are cut off. Can be
  // repeated.
  void Stop(absl::Duration timeout);

 private:
  struct Parts;

  explicit Server(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_SERVER_H_

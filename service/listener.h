// Accepts the connections of one address for a gRPC server.
//
// gRPC can do so itself, but when there is no file descriptor for a connection
// it stops listening, for ever. Here such connections are closed at once, while
// a few descriptors are left for those who would fare worse without.
//
// Thread-safe; has a thread of its own.
#ifndef PARLEY_SERVICE_LISTENER_H_
#define PARLEY_SERVICE_LISTENER_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "grpcpp/server_builder.h"
#include "service/address.h"
#include "service/log.h"

namespace parley::service {

class Listener {
 public:
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // Connections wait until Serve. A Unix socket that nobody serves any more is
  // taken over. Error: UNAVAILABLE. The log must outlive the listener.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const Address& address,
                                                        Log& log);
  // Nobody can connect any more; connections that are open stay so.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Where it is reached, with the port that it got.
  const std::string& address() const { return address_; }

  // Hands what it accepts to a server that has been started. Once.
  void Serve(std::unique_ptr<Acceptor> acceptor);

 private:
  Listener(std::string address, int socket, int end, Log& log)
      : address_(std::move(address)), socket_(socket), end_(end), log_(log) {}

  void Run();
  bool AcceptSome();
  void Take(int connection);

  const std::string address_;
  const int socket_;
  const int end_;  // an eventfd, readable when the thread is to end
  Log& log_;
  std::unique_ptr<Acceptor> acceptor_;
  std::thread thread_;
  bool refusing_ = false;  // of the thread
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_LISTENER_H_

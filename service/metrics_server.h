// The port that Prometheus scrapes: HTTP, the metrics at /metrics, nothing
// else. One thread of its own, which no caller can hold up. Made and destroyed
// by one thread.
#ifndef PARLEY_SERVICE_METRICS_SERVER_H_
#define PARLEY_SERVICE_METRICS_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/address.h"

struct MHD_Daemon;

namespace parley::service {

class MetricsServer {
 public:
  // The metrics as text, on the server's thread.
  using Page = std::function<std::string()>;

  // Serves when it returns. The address is no Unix socket. Error: UNAVAILABLE,
  // one line for people.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const Address& address, Page page);

  // Breaks off what is being sent.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // Where it listens, with the port that was chosen for port 0.
  const std::string& address() const { return address_; }
  std::string page() const { return page_(); }

 private:
  explicit MetricsServer(Page page) : page_(std::move(page)) {}

  bool Listen(const Address& address);

  const Page page_;
  MHD_Daemon* daemon_ = nullptr;
  std::string address_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_METRICS_SERVER_H_

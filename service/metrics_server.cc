#include "service/metrics_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace parley::service {
namespace {

// Scrapers are few; whoever is slower, or sends more, is nobody's scraper.
constexpr unsigned kMaxConnections = 32;
constexpr unsigned kTimeoutSeconds = 10;
constexpr size_t kMaxRequestBytes = 16 << 10;

constexpr unsigned kOneThread =
    MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC;

MHD_Result Reply(MHD_Connection* connection, unsigned code, std::string body,
                 const char* header, const char* value) {
  MHD_Response* response = MHD_create_response_from_buffer(
      body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, header, value);
  const MHD_Result queued = MHD_queue_response(connection, code, response);
  MHD_destroy_response(response);
  return queued;
}

MHD_Result Answer(void* server, MHD_Connection* connection, const char* url,
                  const char* method, const char*, const char*, size_t*,
                  void**) {
  const std::string_view verb = method;
  if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD) {
    return Reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "",
                 MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  if (std::string_view(url) != "/metrics") {
    return Reply(connection, MHD_HTTP_NOT_FOUND, "It is at /metrics.\n",
                 MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
  }
  return Reply(
      connection, MHD_HTTP_OK, static_cast<MetricsServer*>(server)->page(),
      MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
}

// `flags` says whose family the address is.
MHD_Daemon* StartDaemon(unsigned flags, const void* address,
                        MetricsServer* server) {
  return MHD_start_daemon(kOneThread | flags, /*port=*/0, nullptr, nullptr,
                          Answer, server, MHD_OPTION_SOCK_ADDR, address,  //
                          MHD_OPTION_CONNECTION_LIMIT, kMaxConnections,
                          MHD_OPTION_CONNECTION_TIMEOUT, kTimeoutSeconds,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, kMaxRequestBytes,
                          MHD_OPTION_END);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const Address& address, Page page) {
  // Not make_unique: the constructor is private.
  std::unique_ptr<MetricsServer> server(new MetricsServer(std::move(page)));
  if (server->Listen(address)) return server;
  return absl::UnavailableError(absl::StrCat(
      "cannot listen on ", address.text,
      " (--metrics-listen): the address is in use by another server, or not of "
      "this machine, or not allowed"));
}

bool MetricsServer::Listen(const Address& address) {
  const size_t colon = address.text.rfind(':');
  std::string host = address.text.substr(0, colon);
  if (host.starts_with('[')) {
    host = host.substr(1, host.size() - 2);
    sockaddr_in6 to = {};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(address.port);
    inet_pton(AF_INET6, host.c_str(), &to.sin6_addr);
    // All addresses are those of IPv4, too.
    daemon_ = StartDaemon(host == "::" ? MHD_USE_DUAL_STACK : MHD_USE_IPv6, &to,
                          this);
  }
  // Also where the machine has no IPv6.
  if (daemon_ == nullptr && (!address.text.starts_with('[') || host == "::")) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    inet_pton(AF_INET, host.c_str(), &to.sin_addr);  // "::": stays any
    daemon_ = StartDaemon(MHD_NO_FLAG, &to, this);
  }
  if (daemon_ == nullptr) return false;
  address_ = address.WithPort(
      MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port);
  return true;
}

MetricsServer::~MetricsServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

}  // namespace parley::service

#include "tests/core/ice/turn_server.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "tests/core/ice/libnice_fixture.h"

namespace parley::ice::testing {
namespace {

constexpr std::string_view kSecret = "shared";

bool Installed() {
  return access("/usr/bin/turnserver", X_OK) == 0 ||
         access("/usr/local/bin/turnserver", X_OK) == 0;
}

}  // namespace

TurnServer::TurnServer(const Manner& manner) : port_(FreeUdpPort()) {
  if (!Installed()) return;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  log_ = ends[0];
  // With its output line by line, and a database that has tables: without one
  // of secrets coturn refuses all that its own secret has made.
  std::vector<std::string> arguments = {"stdbuf",
                                        "-oL",
                                        "turnserver",
                                        "--verbose",
                                        "--no-cli",
                                        "--no-tls",
                                        "--no-dtls",
                                        "--listening-ip=127.0.0.1",
                                        "--allow-loopback-peers",
                                        "--realm=test",
                                        "--pidfile=/dev/null",
                                        "--userdb=:memory:",
                                        "--log-file=stdout",
                                        "-c",
                                        "/dev/null"};
  arguments.push_back("--listening-port=" + std::to_string(port_));
  arguments.push_back("--relay-ip=" + manner.relay_address);
  if (manner.credentials_expire) {
    arguments.push_back("--use-auth-secret");
    arguments.push_back("--static-auth-secret=" + std::string(kSecret));
  } else {
    arguments.push_back("--lt-cred-mech");
    arguments.push_back("--user=user:secret");
  }
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  if (posix_spawnp(&process_, "stdbuf", &actions, nullptr, argv.data(),
                   environ) != 0) {
    process_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  EXPECT_TRUE(AwaitLog("UDP listener opened")) << logged_;
}

TurnServer::~TurnServer() {
  Kill();
  if (log_ >= 0) close(log_);
}

void TurnServer::Kill() {
  if (!ok()) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

Server TurnServer::At(Server::Protocol protocol, const char* host) const {
  return {.kind = Server::Kind::kTurn,
          .protocol = protocol,
          .host = host,
          .port = port_,
          .username = "user",
          .credential = "secret"};
}

Server TurnServer::Until(absl::Time expiry, Server::Protocol protocol) const {
  Server server = At(protocol);
  server.username = std::to_string(absl::ToUnixSeconds(expiry)) + ":user";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha1(), kSecret.data(), static_cast<int>(kSecret.size()),
       reinterpret_cast<const unsigned char*>(server.username.data()),
       server.username.size(), digest, &size);
  server.credential = absl::Base64Escape(
      absl::string_view(reinterpret_cast<const char*>(digest), size));
  return server;
}

bool TurnServer::AwaitLog(const std::string& text) {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (logged_.find(text) == std::string::npos) {
    pollfd wait = {log_, POLLIN, 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0 || poll(&wait, 1, static_cast<int>(left)) <= 0) return false;
    char buffer[4096];
    const ssize_t got = read(log_, buffer, sizeof(buffer));
    if (got <= 0) return false;
    logged_.append(buffer, got);
  }
  return true;
}

}  // namespace parley::ice::testing

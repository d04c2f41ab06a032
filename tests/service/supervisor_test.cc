// parleyd tells who supervises it when it is ready and when it ends.

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "tests/service/parleyd_process.h"

namespace parley::service {
namespace {

// What systemd listens on.
class NotifySocket {
 public:
  // An abstract name begins with a zero.
  explicit NotifySocket(const std::string& name) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                          name.size())),
              0);
  }
  ~NotifySocket() { close(fd_); }

  std::string Next() {
    pollfd one = {.fd = fd_, .events = POLLIN, .revents = 0};
    char text[256];
    if (poll(&one, 1, 60'000) != 1) return "nothing";
    const ssize_t n = recv(fd_, text, sizeof(text), 0);
    return std::string(text, static_cast<size_t>(n));
  }
  bool Empty() {
    pollfd one = {.fd = fd_, .events = POLLIN, .revents = 0};
    return poll(&one, 1, 0) == 0;
  }

 private:
  int fd_ = -1;
};

void ExpectLife(NotifySocket& socket, const std::string& variable) {
  setenv("NOTIFY_SOCKET", variable.c_str(), 1);
  Parleyd server({"--listen=127.0.0.1:0", "--admin-listen=off"});
  unsetenv("NOTIFY_SOCKET");
  EXPECT_NE(server.Address(), "");
  EXPECT_EQ(socket.Next(), "READY=1\nSTATUS=serving");
  EXPECT_TRUE(socket.Empty());
  server.Signal(SIGTERM);
  EXPECT_EQ(socket.Next(), "STOPPING=1\nSTATUS=draining");
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_TRUE(socket.Empty());
}

TEST(SupervisorTest, IsToldOfTheBeginningAndTheEnd) {
  std::string pattern =
      std::filesystem::temp_directory_path() / "parley-XXXXXX";
  const std::string directory = mkdtemp(pattern.data());
  const std::string path = directory + "/notify";
  {
    NotifySocket socket(path);
    ExpectLife(socket, path);
  }
  std::filesystem::remove_all(directory);
  const std::string name = "parley-test-" + std::to_string(getpid());
  NotifySocket socket(std::string(1, '\0') + name);
  ExpectLife(socket, "@" + name);
}

TEST(SupervisorTest, OneThatIsNotThereChangesNothing) {
  for (const std::string& variable :
       {std::string("/nowhere/notify"), std::string(), std::string("vsock:2:1"),
        "/" + std::string(200, 'x')}) {
    setenv("NOTIFY_SOCKET", variable.c_str(), 1);
    Parleyd server({"--listen=127.0.0.1:0", "--admin-listen=off"});
    unsetenv("NOTIFY_SOCKET");
    EXPECT_NE(server.Address(), "");
    server.Signal(SIGTERM);
    EXPECT_EQ(server.Wait(), 0);
  }
}

}  // namespace
}  // namespace parley::service

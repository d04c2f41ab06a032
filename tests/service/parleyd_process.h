// parleyd as a child process of a test. Used by one thread.
#ifndef PARLEY_TESTS_SERVICE_PARLEYD_PROCESS_H_
#define PARLEY_TESTS_SERVICE_PARLEYD_PROCESS_H_

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"

extern char** environ;

namespace parley::service {

inline constexpr absl::Duration kPatience = absl::Seconds(60);

// A child process with its standard output and error.
class Parleyd {
 public:
  explicit Parleyd(std::vector<std::string> arguments,
                   const char* standard_error = nullptr) {
    arguments.insert(arguments.begin(), PARLEYD_PATH);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    int out[2];
    int err[2];
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    if (standard_error) {
      posix_spawn_file_actions_addopen(&actions, 2, standard_error, O_WRONLY,
                                       0);
    } else {
      posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    }
    EXPECT_EQ(posix_spawn(&pid_, PARLEYD_PATH, &actions, nullptr, argv.data(),
                          environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Parleyd() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      Wait();
    }
    close(out_);
    close(err_);
  }

  pid_t pid() const { return pid_; }
  void Signal(int number) const { kill(pid_, number); }

  // The address that it says it listens on; "" when it ends instead.
  std::string Address() {
    const std::string prefix = "parleyd listening on ";
    const std::string line = ReadLine(out_);
    return line.starts_with(prefix) ? line.substr(prefix.size()) : "";
  }

  // The exit code; -1 for a signal.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // Everything it wrote, once it has ended.
  std::string Output() { return ReadAll(out_); }
  std::string Errors() { return ReadAll(err_); }

 private:
  static std::string ReadLine(int fd) {
    std::string line;
    char c;
    while (Readable(fd) && read(fd, &c, 1) == 1 && c != '\n') line += c;
    return line;
  }
  static std::string ReadAll(int fd) {
    std::string all;
    char buffer[4096];
    ssize_t n;
    while (Readable(fd) && (n = read(fd, buffer, sizeof(buffer))) > 0) {
      all.append(buffer, static_cast<size_t>(n));
    }
    return all;
  }
  static bool Readable(int fd) {
    pollfd one = {.fd = fd, .events = POLLIN, .revents = 0};
    return poll(&one, 1,
                static_cast<int>(absl::ToInt64Milliseconds(kPatience))) == 1;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

inline std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

inline void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
}

}  // namespace parley::service

#endif  // PARLEY_TESTS_SERVICE_PARLEYD_PROCESS_H_

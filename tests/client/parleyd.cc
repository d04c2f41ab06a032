#include "tests/client/parleyd.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

extern char** environ;

namespace parley {
namespace {

// Whether a line that begins so comes before the end of the file.
bool AwaitLine(int file, std::string_view beginning) {
  std::string line;
  char c;
  while (read(file, &c, 1) == 1) {
    if (c != '\n') {
      line += c;
    } else if (line.substr(0, beginning.size()) == beginning) {
      return true;
    } else {
      line.clear();
    }
  }
  return false;
}

}  // namespace

Parleyd::Parleyd(std::vector<std::string> flags) {
  char path[] = "/tmp/parleyd-XXXXXX";
  directory_ = mkdtemp(path);
  socket_ = directory_ + "/s";
  std::vector<std::string> words = {PARLEYD,
                                    "--listen=unix:" + socket_,
                                    "--admin-listen=off",
                                    "--loopback=always",
                                    "--addresses=127.0.0.1",
                                    "--log-level=warning",
                                    "--drain-timeout=0s"};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  int out[2];
  if (pipe(out) != 0) abort();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, out[0]);
  posix_spawn_file_actions_addclose(&actions, out[1]);
  const int spawned =
      posix_spawn(&pid_, PARLEYD, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out[1]);
  if (spawned != 0 || !AwaitLine(out[0], "parleyd listening on ")) {
    fprintf(stderr, "%s did not start\n", PARLEYD);
    abort();
  }
  close(out[0]);
}

Parleyd::~Parleyd() {
  if (pid_ != 0) Terminate();
}

int Parleyd::Terminate() {
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  unlink(socket_.c_str());
  rmdir(directory_.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace parley

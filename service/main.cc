// parleyd: reads its flags, serves until it is told to end.

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/strings.h"
#include "service/options.h"
#include "service/server.h"
#include "service/supervisor.h"

namespace parley::service {
namespace {

constexpr int kEnded = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// To be called before the first thread: threads inherit the mask, so signals
// wait for the one who asks for them.
sigset_t BlockEndSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    sigaddset(&signals, number);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int WaitFor(const sigset_t& signals) {
  int number = 0;
  while (sigwait(&signals, &number) != 0) {
  }
  return number;
}

int Serve(const Options& options) {
  const sigset_t signals = BlockEndSignals();
  Log log(options.log, SystemClock());
  auto server = Server::Start(options, log);
  if (!server.ok()) {
    fprintf(stderr, "parleyd: %s\n",
            std::string(server.status().message()).c_str());
    return kFailed;
  }
  // What scripts and tests wait for.
  printf("parleyd listening on %s\n", (*server)->address().c_str());
  fflush(stdout);
  log.Info("serving", {{"address", (*server)->address()},
                       {"admin_address", (*server)->admin_address()},
                       {"metrics_address", (*server)->metrics_address()},
                       {"node", options.engine.node},
                       {"version", PARLEY_VERSION}});

  NotifySupervisor("READY=1\nSTATUS=serving");

  const int number = WaitFor(signals);
  NotifySupervisor("STOPPING=1\nSTATUS=draining");
  log.Info("ending", {{"signal", sigabbrev_np(number)}});
  std::thread([signals] {
    WaitFor(signals);
    _exit(kFailed);
  }).detach();
  server->reset();
  log.Info("ended");
  return kEnded;
}

int Main(int argc, char** argv) {
  // What gRPC has to say on its own goes unstructured to standard error; what
  // matters of it comes back as a status. Whoever wants it says so.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const auto invocation = ParseInvocation(
      arguments, [](const std::string& name) { return getenv(name.c_str()); });
  if (!invocation.ok()) {
    fprintf(stderr, "parleyd: %s (parleyd --help lists the flags)\n",
            std::string(invocation.status().message()).c_str());
    return kWrongUsage;
  }
  switch (invocation->kind) {
    case Invocation::Kind::kHelp:
      fputs(HelpText().c_str(), stdout);
      return kEnded;
    case Invocation::Kind::kVersion:
      puts("parleyd " PARLEY_VERSION);
      return kEnded;
    case Invocation::Kind::kServe:
      return Serve(invocation->options);
  }
  return kFailed;
}

}  // namespace
}  // namespace parley::service

int main(int argc, char** argv) { return parley::service::Main(argc, argv); }

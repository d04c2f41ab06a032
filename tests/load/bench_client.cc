#include "tests/load/bench_client.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"
#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"

namespace parley::bench {
namespace {

// --- What goes over the socket between the two processes ---

void WriteAll(int fd, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(fd, at, size);
    if (written <= 0) {
      perror("bench: the other process is gone");
      _exit(1);
    }
    at += written;
    size -= static_cast<size_t>(written);
  }
}

// False at the end of the socket.
bool ReadAll(int fd, void* data, size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = read(fd, at, size);
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

template <typename Number>
void WriteNumber(int fd, Number number) {
  WriteAll(fd, &number, sizeof(number));
}
template <typename Number>
bool ReadNumber(int fd, Number& number) {
  return ReadAll(fd, &number, sizeof(number));
}

void WriteText(int fd, const std::string& text) {
  WriteNumber<uint64_t>(fd, text.size());
  WriteAll(fd, text.data(), text.size());
}
bool ReadText(int fd, std::string& text) {
  uint64_t size = 0;
  if (!ReadNumber(fd, size)) return false;
  text.resize(size);
  return ReadAll(fd, text.data(), size);
}

// --- The client process ---

using Clock = std::chrono::steady_clock;
// Replies are not parsed: the client is to cost as little as it can, and the
// same for every method.
using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer>;

class Runner {
 public:
  Runner(int in_flight, const std::string& token,
         std::vector<std::unique_ptr<Stub>>& stubs, const std::string& method,
         const std::vector<grpc::ByteBuffer>& requests)
      : in_flight_(
            std::min<size_t>(static_cast<size_t>(in_flight), requests.size())),
        authorization_(token.empty() ? "" : "Bearer " + token),
        stubs_(stubs),
        method_(method),
        requests_(requests),
        left_(requests.size()) {
    result_.latencies_ns.resize(requests.size());
  }

  BatchResult Run() {
    const Clock::time_point began = Clock::now();
    for (size_t lane = 0; lane < in_flight_; ++lane) Next(lane);
    done_.WaitForNotification();
    result_.seconds =
        std::chrono::duration<double>(Clock::now() - began).count();
    result_.failed = failed_;
    result_.reply_bytes = reply_bytes_;
    return std::move(result_);
  }

 private:
  struct OneCall {
    grpc::ClientContext context;
    grpc::ByteBuffer response;
    Clock::time_point began;
  };

  void Next(size_t lane) {
    const size_t index = next_++;
    if (index >= requests_.size()) return;
    auto call = std::make_shared<OneCall>();
    if (!authorization_.empty()) {
      call->context.AddMetadata("authorization", authorization_);
    }
    call->began = Clock::now();
    stubs_[lane % stubs_.size()]->UnaryCall(
        &call->context, method_, {}, &requests_[index], &call->response,
        [this, lane, index, call](const grpc::Status& status) {
          const auto took = Clock::now() - call->began;
          result_.latencies_ns[index] = static_cast<uint32_t>(std::min<int64_t>(
              std::chrono::nanoseconds(took).count(), UINT32_MAX));
          if (!status.ok() && failed_++ == 0) {
            fprintf(stderr, "bench: %s failed: %s\n", method_.c_str(),
                    status.error_message().c_str());
          }
          reply_bytes_ += call->response.Length();
          Next(lane);
          if (--left_ == 0) done_.Notify();
        });
  }

  const size_t in_flight_;
  const std::string authorization_;
  std::vector<std::unique_ptr<Stub>>& stubs_;
  const std::string& method_;
  const std::vector<grpc::ByteBuffer>& requests_;
  BatchResult result_;
  std::atomic<size_t> next_ = 0;
  std::atomic<size_t> left_;
  std::atomic<uint64_t> failed_ = 0;
  std::atomic<uint64_t> reply_bytes_ = 0;
  absl::Notification done_;
};

[[noreturn]] void ClientMain(int socket, int in_flight, int connections,
                             const std::string& token) {
  std::string address;
  if (!ReadText(socket, address)) _exit(0);
  std::vector<std::unique_ptr<Stub>> stubs;
  for (int i = 0; i < connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(std::make_unique<Stub>(grpc::CreateCustomChannel(
        address, grpc::InsecureChannelCredentials(), arguments)));
  }
  std::string method;
  while (ReadText(socket, method)) {
    uint64_t count = 0;
    if (!ReadNumber(socket, count)) break;
    std::vector<grpc::ByteBuffer> requests;
    requests.reserve(count);
    for (std::string request; requests.size() < count;) {
      if (!ReadText(socket, request)) _exit(1);
      const grpc::Slice slice(request);
      requests.emplace_back(&slice, 1);
    }
    WriteNumber<uint8_t>(socket, 1);  // ready
    uint8_t go = 0;
    if (!ReadNumber(socket, go)) break;
    const BatchResult result =
        Runner(in_flight, token, stubs, method, requests).Run();
    WriteNumber(socket, result.seconds);
    WriteNumber(socket, result.failed);
    WriteNumber(socket, result.reply_bytes);
    WriteAll(socket, result.latencies_ns.data(),
             result.latencies_ns.size() * sizeof(uint32_t));
  }
  _exit(0);
}

}  // namespace

BenchClient::BenchClient(int in_flight, int connections,
                         const std::string& token) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    perror("bench: socketpair");
    exit(1);
  }
  pid_ = fork();
  if (pid_ == 0) {
    close(ends[0]);
    ClientMain(ends[1], in_flight, connections, token);
  }
  close(ends[1]);
  socket_ = ends[0];
}

BenchClient::~BenchClient() {
  close(socket_);
  waitpid(pid_, nullptr, 0);
}

void BenchClient::Connect(const std::string& address) {
  WriteText(socket_, address);
}

BatchResult BenchClient::Run(const Batch& batch) {
  WriteText(socket_, batch.method);
  WriteNumber<uint64_t>(socket_, batch.requests.size());
  for (const std::string& request : batch.requests) {
    WriteText(socket_, request);
  }
  uint8_t ready = 0;
  BatchResult result;
  result.latencies_ns.resize(batch.requests.size());
  if (ReadNumber(socket_, ready)) {
    WriteNumber<uint8_t>(socket_, 1);
    if (ReadNumber(socket_, result.seconds) &&
        ReadNumber(socket_, result.failed) &&
        ReadNumber(socket_, result.reply_bytes) &&
        ReadAll(socket_, result.latencies_ns.data(),
                result.latencies_ns.size() * sizeof(uint32_t))) {
      return result;
    }
  }
  fprintf(stderr, "bench: the client process has died\n");
  exit(1);
}

}  // namespace parley::bench

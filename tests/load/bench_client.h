// The client of the benchmark, a process of its own: keeps a number of calls in
// flight and times each.
#ifndef PARLEY_TESTS_LOAD_BENCH_CLIENT_H_
#define PARLEY_TESTS_LOAD_BENCH_CLIENT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace parley::bench {

// What the client is to call, once each, in this order.
struct Batch {
  std::string method;                 // "/parley.v1.PeerService/CreateOffer"
  std::vector<std::string> requests;  // serialized
};

struct BatchResult {
  double seconds = 0;  // from the first call to the last reply
  uint64_t failed = 0;
  uint64_t reply_bytes = 0;            // of all replies
  std::vector<uint32_t> latencies_ns;  // of each call
};

// The far end of the client. Used by one thread.
class BenchClient {
 public:
  // Starts the process. To be called before the first thread and before gRPC
  // is used: it forks. Its calls show the token, unless that is empty.
  BenchClient(int in_flight, int connections, const std::string& token);
  // Ends the process.
  ~BenchClient();
  BenchClient(const BenchClient&) = delete;
  BenchClient& operator=(const BenchClient&) = delete;

  void Connect(const std::string& address);
  BatchResult Run(const Batch& batch);

 private:
  int pid_ = -1;
  int socket_ = -1;
};

}  // namespace parley::bench

#endif  // PARLEY_TESTS_LOAD_BENCH_CLIENT_H_

// The limits of what callers and other ends can send, one row each: what to
// send to a server so that a limit is kept, met and exceeded. The rows are
// those of the table in deploy/LIMITS.md.
#ifndef PARLEY_TESTS_SERVICE_LIMITS_H_
#define PARLEY_TESTS_SERVICE_LIMITS_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/service/harness.h"

namespace parley::service {

// "" or the reason of the error; the code of one that is gRPC's own.
std::string ReasonOf(const grpc::Status& status);

// A server, and short ways to send it something.
class LimitsTest : public ServerTest {
 public:
  using ServerTest::Call;
  using ServerTest::CreateChannelPeer;
  using ServerTest::CreateOffer;
  using ServerTest::CreatePeer;
  using ServerTest::StartServer;
  using ServerTest::TestOptions;

  template <typename Stub, typename Request, typename Response>
  std::string Try(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                               const Request&, Response*),
                  const Request& request) {
    return ReasonOf(Call(method, request));
  }
  std::string TryCreate(const v1::CreatePeerRequest& request) {
    return Try(&Peers::CreatePeer, request);
  }
  v1::Certificate Generate();

  // Whether an offer of this text would be accepted by a new peer.
  std::string TryOffer(const std::string& text);
  // An offer of audio, video and data, and the same without audio and video.
  const std::string& MediaOffer();
  const std::string& DataOffer();

  // The first word of a stream's answer: "" if it has one, or why not.
  std::string TryWatch(const v1::WatchPeerRequest& request);
  std::string TryWatchAll(const v1::WatchPeersRequest& request);
  std::string TryExchange(const v1::ExchangeRequest& request);

  std::unique_ptr<v1::PeerService::Stub>& peers() { return peers_; }
  std::unique_ptr<v1::DataChannelService::Stub>& channels() {
    return channels_;
  }
  Server& server() { return *server_; }

 private:
  void TestBody() override {}
  std::string media_offer_;
  std::string data_offer_;
};

struct LimitRow {
  std::string what;    // as in the table
  uint64_t limit = 0;  // in bytes, milliseconds or pieces
  std::string beyond;  // the reason
  // Sends something of this size; gives the reason of its refusal, or "".
  std::function<std::string(LimitsTest&, uint64_t)> send;
  std::string within;  // what it gives up to the limit, if not success
  // For a server of its own, with a limit lowered to `limit`; the table has
  // `documented`.
  std::function<void(Options&)> options;
  uint64_t documented = 0;  // 0: the limit
  // In place of `send`: the test of core/ that shows it, FILE:NAME.
  std::string elsewhere;
};

// For messages of gtest.
inline void PrintTo(const LimitRow& row, std::ostream* out) {
  *out << row.what;
}

std::vector<LimitRow> CallLimits();         // of every call, and of streams
std::vector<LimitRow> PeerLimits();         // what peers are made of
std::vector<LimitRow> MediaLimits();        // transceivers and codecs
std::vector<LimitRow> NegotiationLimits();  // descriptions and candidates
std::vector<LimitRow> PoolLimits();         // what the server holds
std::vector<LimitRow> RemoteLimits();       // what only the other end sends

}  // namespace parley::service

#endif  // PARLEY_TESTS_SERVICE_LIMITS_H_

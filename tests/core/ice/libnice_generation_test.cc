// Checks of which one half is of another ICE generation: what an end sends that
// restarts ICE, from its new ports to the candidates of before.
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "core/ice/binding_check.h"
#include "gtest/gtest.h"
#include "tests/core/ice/check_client.h"
#include "tests/core/ice/endpoint.h"
#include "tests/core/ice/libnice_fixture.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice::testing {
namespace {

using parley::testing::LoopbackSocket;

// An end whose only remote one is a socket of the test, so that nothing comes
// in but what the test sends.
class LibniceGenerationTest : public LibniceFixture {
 protected:
  void SetUp() override {
    LibniceFixture::SetUp();
    end_ = std::make_unique<Endpoint>(loop(), factory(), Loopback());
    ASSERT_TRUE(end_->Start(Role::kControlled).ok());
    ASSERT_TRUE(end_->AwaitGathered());
    port_ = end_->seen().candidates.at(0).second.port;
  }
  void TearDown() override {
    end_.reset();
    LibniceFixture::TearDown();
  }

  void SetRemote(const std::string& ufrag) {
    end_->Do([&](IceTransport& ice) {
      EXPECT_TRUE(ice.SetRemote({ufrag, std::string(22, 'p')}).ok());
    });
  }
  // Sends a check and returns its transaction.
  std::string SendCheck(LoopbackSocket& from, const std::string& sender) {
    const Bytes check = client_.Make(
        end_->local(), {.use_candidate = false, .remote_ufrag = sender});
    const std::string bytes(check.begin(), check.end());
    from.Send(bytes, port_);
    return bytes.substr(8, 12);
  }
  // The transaction of the next answer; what the end asks itself is not one.
  // Waits also until libnice reads no more: what comes while it answers is read
  // in the same turn, by nobody else before.
  std::string NextAnswer(LoopbackSocket& at) {
    const std::string id = ReadAnswer(at);
    end_->Do([](IceTransport&) {});
    return id;
  }
  static std::string ReadAnswer(LoopbackSocket& at) {
    while (auto got = at.Receive()) {
      const auto id =
          TransactionOf({reinterpret_cast<const uint8_t*>(got->bytes.data()),
                         got->bytes.size()});
      if (id) return std::string(id->begin(), id->end());
    }
    return "";
  }

  CheckClient client_;
  std::unique_ptr<Endpoint> end_;
  uint16_t port_ = 0;
};

TEST_F(LibniceGenerationTest, AnotherGenerationsCheckGetsNoAnswer) {
  SetRemote("first");
  LoopbackSocket socket;
  for (int i = 0; i < 50; ++i) {
    SendCheck(socket, "second");
    const std::string good = SendCheck(socket, "first");
    // Answers come in the order of the checks.
    ASSERT_EQ(NextAnswer(socket), good);
  }
}

TEST_F(LibniceGenerationTest, MoreOfThemThanOneTurnTakesGetNone) {
  SetRemote("first");
  LoopbackSocket socket;
  for (int i = 0; i < 150; ++i) SendCheck(socket, "second");
  const std::string good = SendCheck(socket, "first");
  EXPECT_EQ(NextAnswer(socket), good);
}

TEST_F(LibniceGenerationTest, EarlyChecksAreAnswered) {
  LoopbackSocket socket;
  const std::string early = SendCheck(socket, "first");
  EXPECT_EQ(NextAnswer(socket), early);
  // It cannot be known yet whose this is.
  const std::string other = SendCheck(socket, "second");
  EXPECT_EQ(NextAnswer(socket), other);

  SetRemote("first");
  SendCheck(socket, "second");
  const std::string good = SendCheck(socket, "first");
  EXPECT_EQ(NextAnswer(socket), good);
}

constexpr std::string_view kRequest("\x00\x01", 2);
constexpr std::string_view kSuccess("\x01\x01", 2);

using LibniceHoldTest = LibniceFixture;

// It would outrun the answer that tells the other end of this one's candidates.
TEST_F(LibniceHoldTest, InARestartTheControlledEndIsCheckedFirst) {
  Endpoint a(loop(), factory(), Loopback());
  Endpoint b(loop(1), factory(1), Loopback());
  ASSERT_TRUE(Connect(a, b));
  CheckClient client;
  // What is waited for is not waited for longer than a second.
  for (bool in_time = false; !in_time;) {
    LoopbackSocket remote;
    ASSERT_TRUE(b.Start(Role::kControlled).ok());
    ASSERT_TRUE(b.Await([&](const Endpoint::Seen& seen) {
      return seen.candidates.back().first == b.local().ufrag;
    }));
    const sdp::Candidate local = b.seen().candidates.back().second;
    const Bytes check = client.Make(
        b.local(), {.use_candidate = false, .remote_ufrag = "newone"});
    const absl::Time start = absl::Now();
    b.Do([&](IceTransport& ice) {
      EXPECT_TRUE(ice.SetRemote({"newone", std::string(22, 'p')}).ok());
      sdp::Candidate candidate = local;
      candidate.ufrag = "newone";
      candidate.port = remote.port();
      EXPECT_EQ(*ice.AddRemoteCandidate(candidate), CandidateUse::kApplied);
      ice.EndOfRemoteCandidates();
    });
    remote.Send({reinterpret_cast<const char*>(check.data()), check.size()},
                local.port);
    const std::string first = remote.Receive()->bytes;
    in_time = absl::Now() - start < absl::Milliseconds(900);
    EXPECT_TRUE(!in_time || first.starts_with(kSuccess));
    // And then it checks itself.
    while (!remote.Receive()->bytes.starts_with(kRequest)) {
    }
  }
}

TEST_F(LibniceHoldTest, ACheckThatNeverComesIsNotWaitedForLong) {
  Endpoint a(loop(), factory(), Loopback());
  Endpoint b(loop(1), factory(1), Loopback());
  ASSERT_TRUE(Connect(a, b));
  LoopbackSocket remote;
  ASSERT_TRUE(b.Start(Role::kControlled).ok());
  b.Do([&](IceTransport& ice) {
    EXPECT_TRUE(ice.SetRemote({"newone", std::string(22, 'p')}).ok());
    sdp::Candidate candidate = b.seen().candidates[0].second;
    candidate.ufrag = "newone";
    candidate.port = remote.port();
    EXPECT_EQ(*ice.AddRemoteCandidate(candidate), CandidateUse::kApplied);
  });
  EXPECT_TRUE(remote.Receive()->bytes.starts_with(kRequest));
}

}  // namespace
}  // namespace parley::ice::testing

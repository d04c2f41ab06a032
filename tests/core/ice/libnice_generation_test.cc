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

// The second generation of an end whose remote one is a socket of the test.
class LibniceHoldTest : public LibniceFixture {
 protected:
  struct Restart {
    Role role;
    bool offered;
    bool lite = false;
  };

  void SetUp() override {
    LibniceFixture::SetUp();
    a_ = std::make_unique<Endpoint>(loop(), factory(), Loopback());
    b_ = std::make_unique<Endpoint>(loop(1), factory(1), Loopback());
    ASSERT_TRUE(Connect(*a_, *b_));
  }
  void TearDown() override {
    a_.reset();
    b_.reset();
    LibniceFixture::TearDown();
  }

  // Restarts the end and gives it the remote one, whole.
  void Begin(const Restart& restart, LoopbackSocket& remote) {
    ASSERT_TRUE(b_->Start(restart.role).ok());
    ASSERT_TRUE(b_->Await([&](const Endpoint::Seen& seen) {
      return seen.candidates.back().first == b_->local().ufrag;
    }));
    local_ = b_->seen().candidates.back().second;
    ufrag_ = "remote" + std::to_string(++restarts_);
    start_ = absl::Now();
    b_->Do([&](IceTransport& ice) {
      EXPECT_TRUE(ice.SetRemote({.ufrag = ufrag_,
                                 .pwd = std::string(22, 'p'),
                                 .lite = restart.lite,
                                 .offered = restart.offered})
                      .ok());
      sdp::Candidate candidate = local_;
      candidate.ufrag = ufrag_;
      candidate.port = remote.port();
      EXPECT_EQ(*ice.AddRemoteCandidate(candidate), CandidateUse::kApplied);
      ice.EndOfRemoteCandidates();
    });
  }
  void Check(const Restart& restart, LoopbackSocket& remote) {
    const Bytes check = client_.Make(
        b_->local(), {.use_candidate = false,
                      .controlling = restart.role == Role::kControlled,
                      .remote_ufrag = ufrag_});
    remote.Send({reinterpret_cast<const char*>(check.data()), check.size()},
                local_.port);
  }
  // So soon after its beginning that the other end is still waited for.
  bool InTime(const Restart& restart) const {
    // Who did not offer is waited for less long, 300 ms.
    const auto held =
        restart.offered ? absl::Milliseconds(900) : absl::Milliseconds(250);
    return absl::Now() - start_ < held;
  }

 private:
  CheckClient client_;
  std::unique_ptr<Endpoint> a_;
  std::unique_ptr<Endpoint> b_;
  sdp::Candidate local_;
  int restarts_ = 0;
  std::string ufrag_;  // of the remote end
  absl::Time start_;
};

// Its own checks would outrun what tells the other end of its candidates.
TEST_F(LibniceHoldTest, InARestartTheOtherEndChecksFirst) {
  for (const Restart& restart :
       {Restart{.role = Role::kControlled, .offered = true},
        Restart{.role = Role::kControlled, .offered = false},
        Restart{.role = Role::kControlling, .offered = true}}) {
    bool in_time = false;
    for (int tries = 0; tries < 50 && !in_time; ++tries) {
      LoopbackSocket remote;
      ASSERT_NO_FATAL_FAILURE(Begin(restart, remote));
      Check(restart, remote);
      const std::string first = remote.Receive()->bytes;
      in_time = InTime(restart);
      EXPECT_TRUE(!in_time || first.starts_with(kSuccess));
      // And then it checks itself.
      while (!remote.Receive()->bytes.starts_with(kRequest)) {
      }
    }
  }
}

// Neither the one that has the other's answer and will nominate nor a lite end
// is waited for.
TEST_F(LibniceHoldTest, WhoIsKnownToBeReadyIsCheckedAtOnce) {
  for (const Restart& restart :
       {Restart{.role = Role::kControlling, .offered = false},
        Restart{.role = Role::kControlling, .offered = true, .lite = true}}) {
    bool in_time = false;
    for (int tries = 0; tries < 50 && !in_time; ++tries) {
      LoopbackSocket remote;
      ASSERT_NO_FATAL_FAILURE(Begin(restart, remote));
      EXPECT_TRUE(remote.Receive()->bytes.starts_with(kRequest));
      in_time = InTime({.role = restart.role, .offered = true});
    }
    EXPECT_TRUE(in_time);
  }
}

TEST_F(LibniceHoldTest, ACheckThatNeverComesIsNotWaitedForLong) {
  LoopbackSocket remote;
  ASSERT_NO_FATAL_FAILURE(
      Begin({.role = Role::kControlled, .offered = true}, remote));
  EXPECT_TRUE(remote.Receive()->bytes.starts_with(kRequest));
}

}  // namespace
}  // namespace parley::ice::testing

// The commands that show what happened: watch without a name, and debug.

#include <memory>

#include "gmock/gmock.h"
#include "parley/messages.h"
#include "parley/mocks/fake_stream.h"
#include "tests/client/command_fixture.h"

namespace parley::command {
namespace {

using client::FakeStreamServer;
using ::testing::HasSubstr;
using ::testing::Return;

class FaultCommandTest : public CommandTest {};

TEST_F(FaultCommandTest, WatchWithoutANameShowsAllPeersAndHowToGoOn) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream).WillOnce([&](auto&&...) {
    v1::WatchPeersResponse update;
    update.set_name("peers/a.1");
    update.set_resume_token("t1");
    update.mutable_snapshot()->set_name("peers/a.1");
    server->Send(update);
    update.mutable_event()->set_sequence(7);
    update.mutable_event()->mutable_negotiation_needed();
    update.set_resume_token("t2");
    server->Send(update);
    server->End(absl::PermissionDeniedError("not you"));
    return server->stream();
  });
  EXPECT_EQ(Run("watch"), kRefused);
  EXPECT_THAT(out_, HasSubstr("peers/a.1"));
  EXPECT_THAT(out_, HasSubstr("7  negotiation needed\n"));
  EXPECT_THAT(err_, HasSubstr("--resume t2"));
}

TEST_F(FaultCommandTest, AnInterruptedWatchOfAllSaysHowToGoOn) {
  auto server = std::make_shared<FakeStreamServer>();
  EXPECT_CALL(*connection_, OpenStream).WillOnce([&](auto&&...) {
    v1::WatchPeersResponse update;
    update.set_name("peers/a.1");
    update.set_resume_token("t1");
    update.mutable_snapshot()->set_name("peers/a.1");
    server->Send(update);
    return server->stream();
  });
  environment_.out = [this](std::string_view) { interrupt_(); };
  EXPECT_EQ(Run("watch"), kInterrupted);
  EXPECT_EQ(err_, "go on with: parley watch --resume t1\n");
}

TEST_F(FaultCommandTest, DebugPrintsTheDump) {
  v1::DumpPeerResponse reply;
  v1::PeerDump& dump = *reply.mutable_dump();
  dump.mutable_peer()->set_name("peers/a.1");
  v1::OperationRecord* operation = dump.add_operations();
  operation->set_method("CreateOffer");
  operation->mutable_run()->set_nanos(1500000);
  operation->mutable_error()->set_reason("SIGNALING_STATE");
  v1::CandidateRecord* candidate = dump.add_candidates();
  candidate->mutable_candidate()->set_candidate("candidate:x");
  candidate->set_outcome(v1::ICE_CANDIDATE_OUTCOME_IGNORED);
  candidate->set_ignored_reason(
      v1::ICE_CANDIDATE_IGNORED_REASON_ADDRESS_POLICY);
  (*dump.mutable_counters())["packets_sent"] = 3;
  EXPECT_CALL(*connection_, DumpPeer).WillOnce(Return(reply));
  EXPECT_EQ(Run("debug peers/a.1"), kDone);
  for (const char* part :
       {"peers/a.1", "CreateOffer", "took 1.5ms", "failed: SIGNALING_STATE",
        "candidate:x", "address-policy", "packets_sent 3"}) {
    EXPECT_THAT(out_, HasSubstr(part));
  }
}

}  // namespace
}  // namespace parley::command

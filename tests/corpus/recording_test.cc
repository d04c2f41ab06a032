#include "tests/corpus/recording.h"

#include <gtest/gtest.h>

namespace parley::corpus {
namespace {

TEST(RecordingTest, ReadsASequence) {
  const auto records = ReadRecords(
      "sequence pion+chromium/av\n"
      "error b gave up\n"
      "step a offer\n"
      "undelivered\n"
      "remoteResult TypeError: no\n"
      "state a have-local-offer\n"
      "transceiver a 0 audio sendrecv -\n"
      "candidate 0 - xy candidate:1 1 udp 1 192.0.2.1 9 typ host\n"
      "sdp 7\nv=0\r\nx\n\n"
      "step b rollback\n"
      "end\n");
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 1u);
  const Record& record = records->front();
  EXPECT_EQ(record.name, "pion+chromium/av");
  EXPECT_EQ(record.StackOf('a'), "pion");
  EXPECT_EQ(record.StackOf('b'), "chromium");
  EXPECT_FALSE(record.malformed);
  EXPECT_EQ(record.error, "b gave up");
  ASSERT_EQ(record.steps.size(), 2u);
  const Step& offer = record.steps[0];
  EXPECT_FALSE(offer.delivered);
  EXPECT_EQ(offer.remote_result, "TypeError: no");
  EXPECT_EQ(offer.sdp, "v=0\r\nx\n");
  const RecordedState& state = offer.states.at('a');
  EXPECT_EQ(state.signaling_state, "have-local-offer");
  ASSERT_EQ(state.transceivers.size(), 1u);
  EXPECT_EQ(state.transceivers[0].mid, "0");
  EXPECT_EQ(state.transceivers[0].current_direction, std::nullopt);
  ASSERT_EQ(offer.candidates.size(), 1u);
  EXPECT_EQ(offer.candidates[0].mline_index, std::nullopt);
  EXPECT_EQ(offer.candidates[0].line,
            "candidate:1 1 udp 1 192.0.2.1 9 typ host");
  EXPECT_EQ(record.steps[1].type, jsep::SdpType::kRollback);
}

TEST(RecordingTest, ReadsTheVerdictOnAMalformedDescription) {
  const auto records = ReadRecords(
      "malformed malformed/x\nexpected reject high\nwhy because\n"
      "step a offer\nsdp 0\n\nend\n");
  ASSERT_TRUE(records.ok()) << records.status();
  const Record& record = records->front();
  EXPECT_TRUE(record.malformed);
  EXPECT_FALSE(record.accept);
  EXPECT_EQ(record.confidence, "high");
  EXPECT_EQ(record.why, "because");
}

TEST(RecordingTest, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"step a offer\n", "sequence x\n", "sequence x\nsequence y\nend\n",
        "sequence x\nbogus\nend\n", "sequence x\nstep c offer\nend\n",
        "sequence x\nstep a bid\nend\n", "sequence x\nsdp 1\na\nend\n",
        "sequence x\nstep a offer\nsdp 99\na\nend\n"}) {
    EXPECT_FALSE(ReadRecords(text).ok()) << text;
  }
}

}  // namespace
}  // namespace parley::corpus

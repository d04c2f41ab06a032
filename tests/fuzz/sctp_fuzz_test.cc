#include "tests/fuzz/sctp_fuzz.h"

#include "core/sctp/dcep.h"
#include "gtest/gtest.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

TEST(SctpFuzzTest, DcepMessageSeeds) {
  for (const std::string& seed : ReadSeeds(PARLEY_FUZZ_SEEDS "/dcep_message")) {
    EXPECT_TRUE(sctp::ParseDcepOpen(seed).ok());
    RunDamaged(seed, DcepMessage);
  }
}

TEST(SctpFuzzTest, DataChannelStepsSeeds) {
  for (const std::string& seed :
       ReadSeeds(PARLEY_FUZZ_SEEDS "/data_channel_steps")) {
    RunDamaged(seed, DataChannelSteps);
  }
}

}  // namespace
}  // namespace parley::fuzz

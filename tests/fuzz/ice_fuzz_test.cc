#include "tests/fuzz/ice_fuzz.h"

#include "core/ice/binding_check.h"
#include "gtest/gtest.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

TEST(IceFuzzTest, BindingAnswerSeeds) {
  for (const std::string& seed :
       ReadSeeds(PARLEY_FUZZ_SEEDS "/ice_binding_answer")) {
    const std::span<const uint8_t> packet(
        reinterpret_cast<const uint8_t*>(seed.data()), seed.size());
    const auto id = ice::TransactionOf(packet);
    ASSERT_TRUE(id.has_value());
    EXPECT_NE(ice::ReadBindingAnswer(packet, *id, kBindingPassword),
              ice::BindingAnswer::kNone);
    RunDamaged(seed, IceBindingAnswer);
  }
}

TEST(IceFuzzTest, FrameSeeds) {
  for (const std::string& seed : ReadSeeds(PARLEY_FUZZ_SEEDS "/ice_frames")) {
    RunDamaged(seed, IceFrames);
  }
}

}  // namespace
}  // namespace parley::fuzz

#include "tests/fuzz/single_port_fuzz.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/ice/check_client.h"
#include "tests/fuzz/seeds.h"

namespace parley::fuzz {
namespace {

using ice::testing::Bytes;
using ice::testing::CheckClient;

TEST(SinglePortFuzzTest, Seeds) {
  for (const std::string& seed : ReadSeeds(PARLEY_FUZZ_SEEDS "/single_port")) {
    RunDamaged(seed, SinglePortDatagram);
  }
}

TEST(SinglePortFuzzTest, ChecksSurviveDamage) {
  CheckClient client;
  const CheckClient::Check kinds[] = {{},
                                      {.use_candidate = false},
                                      {.controlling = false},
                                      {.fingerprint = false},
                                      {.unknown_attribute = true}};
  for (const CheckClient::Check& kind : kinds) {
    const Bytes check = client.Make(SinglePortCredentials(), kind);
    RunDamaged(std::string(check.begin(), check.end()), SinglePortDatagram);
  }
}

}  // namespace
}  // namespace parley::fuzz

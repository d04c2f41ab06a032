#include "core/base/random.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(RandomTest, TokensAreOfTheLengthAskedAndDiffer) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(SystemRandom().Token(20));
  EXPECT_EQ(tokens.size(), 1000u);
  for (const std::string& token : tokens) EXPECT_EQ(token.size(), 20u);
}

TEST(RandomTest, LargeRequestsAreFilledToTheEnd) {
  std::vector<uint8_t> bytes(4096, 0);
  SystemRandom().Fill(bytes);
  int zeros = 0;
  for (size_t i = bytes.size() - 256; i < bytes.size(); ++i) {
    zeros += bytes[i] == 0;
  }
  EXPECT_LT(zeros, 32);
}

}  // namespace
}  // namespace parley

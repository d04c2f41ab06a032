// Every description of tests/data/corpus parses, and printing loses nothing
// that the model holds.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/sdp/parser.h"
#include "core/sdp/printer.h"
#include "gtest/gtest.h"

namespace parley::sdp {
namespace {

std::vector<std::filesystem::path> Files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(PARLEY_TEST_DATA "/corpus")) {
    if (entry.path().extension() == ".sdp") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class RoundTripTest : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(RoundTripTest, ParsesPrintsAndParsesToTheSame) {
  std::ifstream file(GetParam(), std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto first = Parse(text);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->conflicts.empty());
  const std::string printed = ToString(*first);
  auto second = Parse(printed);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(*second == *first, true) << printed;
  EXPECT_EQ(ToString(*second), printed);
}

INSTANTIATE_TEST_SUITE_P(Corpus, RoundTripTest, testing::ValuesIn(Files()),
                         [](const auto& info) {
                           std::string name = info.param.stem().string();
                           for (char& c : name) {
                             if (!std::isalnum(c)) c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace parley::sdp

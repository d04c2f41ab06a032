#include "client/command/arguments.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace parley::command {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const Option kOptions[] = {
    {"--json", "", "help"},        {"--verbose", "", "help", "-v"},
    {"--server", "ADDR", "help"},  {"--gather", "[=TIME]", "help"},
    {"--label", "KEY=VALUE", "x"}, {"--count", "NUMBER", "help"},
};

absl::StatusOr<Arguments> Parse(std::vector<std::string> words) {
  return Arguments::Parse(kOptions, words);
}

std::string Problem(std::vector<std::string> words) {
  const auto arguments = Parse(std::move(words));
  return arguments.ok() ? "none" : std::string(arguments.status().message());
}

TEST(ArgumentsTest, OptionsAndOperandsMayMix) {
  const auto arguments =
      Parse({"a", "--json", "--server", "x:1", "b", "-v", "-"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(arguments->operands(), ElementsAre("a", "b", "-"));
  EXPECT_TRUE(arguments->Has("--json"));
  EXPECT_TRUE(arguments->Has("--verbose"));
  EXPECT_FALSE(arguments->Has("--gather"));
  EXPECT_EQ(arguments->Get("--server"), "x:1");
}

TEST(ArgumentsTest, ValuesMayFollowAnEqualsSign) {
  const auto arguments = Parse({"--server=unix:/a=b"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->Get("--server"), "unix:/a=b");
}

TEST(ArgumentsTest, AfterTwoHyphensAllAreOperands) {
  const auto arguments = Parse({"--json", "--", "--server", "--"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(arguments->operands(), ElementsAre("--server", "--"));
}

TEST(ArgumentsTest, AnOptionalValueIsOnlyTakenWithAnEqualsSign) {
  const auto bare = Parse({"--gather", "peers/a.1"});
  ASSERT_TRUE(bare.ok());
  EXPECT_THAT(bare->operands(), ElementsAre("peers/a.1"));
  EXPECT_TRUE(bare->Has("--gather"));
  EXPECT_EQ(*bare->Duration("--gather"), std::nullopt);
  const auto timed = Parse({"--gather=2s"});
  ASSERT_TRUE(timed.ok());
  EXPECT_EQ(*timed->Duration("--gather"), absl::Seconds(2));
}

TEST(ArgumentsTest, RepeatedOptionsKeepAllValues) {
  const auto arguments = Parse({"--label", "a=1", "--label=b=2=3"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(arguments->All("--label"), ElementsAre("a=1", "b=2=3"));
  EXPECT_THAT(*arguments->Pairs("--label"),
              ElementsAre(Pair("a", "1"), Pair("b", "2=3")));
}

TEST(ArgumentsTest, MistakesAreNamed) {
  EXPECT_THAT(Problem({"--colour"}), HasSubstr("unknown option --colour"));
  EXPECT_THAT(Problem({"-x"}), HasSubstr("unknown option -x"));
  EXPECT_THAT(Problem({"--json=1"}), HasSubstr("--json takes no value"));
  EXPECT_THAT(Problem({"--server"}), HasSubstr("--server needs a value: ADDR"));
}

TEST(ArgumentsTest, BadValuesAreNamed) {
  const auto arguments =
      Parse({"--gather=soon", "--count", "-1", "--label", "=x"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_THAT(std::string(arguments->Duration("--gather").status().message()),
              HasSubstr("--gather soon: not a time"));
  EXPECT_FALSE(arguments->Number("--count").ok());
  EXPECT_FALSE(arguments->Pairs("--label").ok());
  EXPECT_FALSE(Parse({"--count", "256"})->Number("--count", 255).ok());
  EXPECT_EQ(*Parse({"--count", "255"})->Number("--count", 255), 255u);
  EXPECT_FALSE(Parse({"--gather=-1s"})->Duration("--gather").ok());
}

}  // namespace
}  // namespace parley::command

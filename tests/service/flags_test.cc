#include "service/flags.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FlagsTest : public ::testing::Test {
 protected:
  std::string Parse(std::vector<std::string_view> arguments) {
    return std::string(
        ParseFlags(groups_, arguments, [this](const std::string& name) {
          const auto found = environment_.find(name);
          return found == environment_.end() ? nullptr : found->second.c_str();
        }).message());
  }

  uint64_t peers_ = 7;
  bool loud_ = false;
  std::map<std::string, std::string> environment_;
  std::vector<FlagGroup> groups_ = {
      {"Group",
       {{"max-peers", "N", "", "7", "How many.",
         [this](std::string_view text) {
           return ReadNumber(text, {1, 100}, peers_);
         }},
        {"loud", "BOOL", "true", "false", "Whether.",
         [this](std::string_view text) { return ReadBool(text, loud_); }}}}};
};

TEST_F(FlagsTest, TakesAValueBehindAnEqualsSignOrAsTheNextArgument) {
  EXPECT_EQ(Parse({"--max-peers=8", "--loud"}), "");
  EXPECT_EQ(peers_, 8u);
  EXPECT_TRUE(loud_);
  EXPECT_EQ(Parse({"--max-peers", "9", "--loud=off"}), "");
  EXPECT_EQ(peers_, 9u);
  EXPECT_FALSE(loud_);
}

TEST_F(FlagsTest, AFlagBeatsItsVariableAndAVariableTheDefault) {
  environment_ = {{"PARLEY_MAX_PEERS", "50"}, {"PARLEY_LOUD", ""}};
  EXPECT_EQ(Parse({}), "");
  EXPECT_EQ(peers_, 50u);
  EXPECT_EQ(Parse({"--max-peers=2"}), "");
  EXPECT_EQ(peers_, 2u);
  EXPECT_FALSE(loud_);
}

TEST_F(FlagsTest, SaysInOneLineWhatIsWrong) {
  EXPECT_EQ(Parse({"--max-peer=8"}),
            "unknown flag --max-peer; did you mean --max-peers?");
  EXPECT_EQ(Parse({"--colour"}), "unknown flag --colour");
  EXPECT_EQ(Parse({"serve"}), "\"serve\" is no flag");
  EXPECT_EQ(Parse({"--"}), "\"--\" is no flag");
  EXPECT_EQ(Parse({"--max-peers"}), "--max-peers needs a value: --max-peers=N");
  EXPECT_EQ(Parse({"--loud", "--loud=no"}), "--loud is given twice");
  EXPECT_EQ(Parse({"--max-peers=x"}),
            "--max-peers: \"x\" is not a whole number");
  EXPECT_EQ(Parse({"--max-peers="}), "--max-peers: \"\" is not a whole number");
  EXPECT_EQ(Parse({"--max-peers=101"}),
            "--max-peers: 101 is not between 1 and 100");
  environment_ = {{"PARLEY_LOUD", "perhaps"}};
  EXPECT_EQ(Parse({}), "PARLEY_LOUD: \"perhaps\" is neither true nor false");
}

TEST_F(FlagsTest, HelpShowsEveryFlagWithItsDefaultIn80Columns) {
  groups_[0].flags[0].help = std::string_view(
      "A help text that is long enough to need more than one line of eighty "
      "columns, whatever it says.");
  const std::string help = DescribeFlags(groups_);
  EXPECT_THAT(help, HasSubstr("  --max-peers=N   (7)\n      A help"));
  EXPECT_THAT(help, HasSubstr("  --loud[=BOOL]   (false)\n      Whether.\n"));
  for (size_t at = 0, end; at < help.size(); at = end + 1) {
    end = help.find('\n', at);
    EXPECT_LE(end - at, 80u);
  }
}

TEST(FlagValuesTest, SizesTakeBinaryUnitsAndNoOverflow) {
  uint64_t size = 0;
  EXPECT_TRUE(ReadSize("64KiB", {0, 1 << 20}, size).ok());
  EXPECT_EQ(size, 65536u);
  EXPECT_TRUE(ReadSize("1MiB", {0, 1 << 20}, size).ok());
  EXPECT_EQ(size, 1048576u);
  EXPECT_TRUE(ReadSize("17", {0, 1 << 20}, size).ok());
  EXPECT_EQ(size, 17u);
  for (const std::string_view bad :
       {"", "KiB", "1KB", "-1", "18446744073709551615KiB", "2MiB", "1 KiB"}) {
    EXPECT_FALSE(ReadSize(bad, {0, 1 << 20}, size).ok()) << bad;
  }
  EXPECT_EQ(size, 17u);
  EXPECT_EQ(SizeText(65536), "64KiB");
  EXPECT_EQ(SizeText(1000), "1000");
  EXPECT_EQ(SizeText(0), "0");
}

TEST(FlagValuesTest, DurationsAreBounded) {
  absl::Duration time;
  const Bounds<absl::Duration> hour = {absl::Seconds(1), absl::Hours(1)};
  EXPECT_TRUE(ReadDuration("1m30s", hour, time).ok());
  EXPECT_EQ(time, absl::Seconds(90));
  EXPECT_EQ(ReadDuration("90", hour, time).message(),
            "\"90\" is not a duration such as 90s, 5m or 1h30m");
  EXPECT_EQ(ReadDuration("inf", hour, time).message(),
            "inf is not between 1s and 1h");
}

TEST(FlagValuesTest, ListsHaveNoEmptyEntries) {
  std::vector<std::string> list;
  EXPECT_TRUE(ReadList("eth0,wlan*", list).ok());
  EXPECT_THAT(list, ElementsAre("eth0", "wlan*"));
  for (const std::string_view bad : {"", ",a", "a,,b", "a,"}) {
    EXPECT_FALSE(ReadList(bad, list).ok()) << bad;
  }
}

}  // namespace
}  // namespace parley::service

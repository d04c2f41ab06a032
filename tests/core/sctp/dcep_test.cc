#include "core/sctp/dcep.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/errors.h"
#include "gtest/gtest.h"

namespace parley::sctp {
namespace {

using std::string_literals::operator""s;

const std::string kOpen =
    "\x03\x00\x01\x00\x00\x00\x00\x00\x00\x05\x00\x03labelsub"s;

TEST(DcepTest, OpenIsReadByteForByte) {
  const auto open = ParseDcepOpen(kOpen);
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_EQ(*open, (DcepOpen{.label = "label", .protocol = "sub"}));
  EXPECT_EQ(PrintDcepOpen(*open), kOpen);
}

struct Reliability {
  uint8_t type;
  DcepOpen open;
};

TEST(DcepTest, EveryChannelTypeIsReadAndWritten) {
  const std::vector<Reliability> cases = {
      {0x00, {}},
      {0x80, {.ordered = false}},
      {0x01, {.max_retransmits = 0}},
      {0x81, {.ordered = false, .max_retransmits = 3}},
      {0x02, {.max_packet_life_time = 500}},
      {0x82, {.ordered = false, .max_packet_life_time = 65535}}};
  for (const Reliability& one : cases) {
    const std::string printed = PrintDcepOpen(one.open);
    EXPECT_EQ(static_cast<uint8_t>(printed[1]), one.type);
    const auto parsed = ParseDcepOpen(printed);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, one.open);
  }
}

TEST(DcepTest, LongestNamesFit) {
  const DcepOpen open{.label = std::string(65535, 'l'),
                      .protocol = std::string(65535, 'p'),
                      .priority = 1024};
  const auto parsed = ParseDcepOpen(PrintDcepOpen(open));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, open);
}

TEST(DcepTest, LargeParametersAreCapped) {
  std::string wire = PrintDcepOpen({.max_retransmits = 1});
  wire.replace(4, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(ParseDcepOpen(wire)->max_retransmits, 65535);
}

TEST(DcepTest, ZerosInNamesAreKept) {
  const DcepOpen open{.label = "a\0b"s, .protocol = "\0"s};
  EXPECT_EQ(*ParseDcepOpen(PrintDcepOpen(open)), open);
}

TEST(DcepTest, MalformedOpensAreRefused) {
  std::vector<std::string> malformed = {
      "", "\x03", kOpen + "x", kOpen.substr(0, kOpen.size() - 1),
      std::string(1, '\x02').append(kOpen, 1)};
  for (size_t size = 0; size < 12; ++size) {
    malformed.push_back(kOpen.substr(0, size));
  }
  for (const char type : {'\x03', '\x7f', '\x83'}) {
    malformed.push_back(kOpen);
    malformed.back()[1] = type;
  }
  for (const std::string& wire : malformed) {
    EXPECT_TRUE(HasReason(ParseDcepOpen(wire).status(), Reason::kArgument));
  }
}

TEST(DcepTest, TypesAreTold) {
  EXPECT_EQ(*ReadDcepType(kOpen), DcepType::kOpen);
  EXPECT_EQ(*ReadDcepType(PrintDcepAck()), DcepType::kAck);
  EXPECT_EQ(PrintDcepAck(), "\x02");
  for (const std::string& wire : {""s, "\0"s, "\x01"s, "\x04"s, "\xff"s}) {
    EXPECT_TRUE(HasReason(ReadDcepType(wire).status(), Reason::kArgument));
  }
}

TEST(DcepTest, WhateverCanBeReadIsWrittenTheSame) {
  std::mt19937 random(7);
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string wire = kOpen;
    for (int edits = random() % 4; edits >= 0; --edits) {
      wire[random() % wire.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) wire.resize(random() % (wire.size() + 1));
    const auto open = ParseDcepOpen(wire);
    if (!open.ok()) continue;
    ++read;
    const auto again = ParseDcepOpen(PrintDcepOpen(*open));
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(*again, *open);
  }
  EXPECT_GT(read, 200);
}

}  // namespace
}  // namespace parley::sctp

#include "service/trace_context.h"

#include <string>

#include "gtest/gtest.h"

namespace parley::service {
namespace {

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kSpan[] = "b7ad6b7169203331";

std::string Header(const std::string& version, const std::string& trace,
                   const std::string& span, const std::string& rest) {
  return version + "-" + trace + "-" + span + "-" + rest;
}

TEST(TraceContextTest, ReadsWhatIsWellFormed) {
  for (const std::string& header :
       {Header("00", kTrace, kSpan, "01"), Header("00", kTrace, kSpan, "00"),
        Header("cc", kTrace, kSpan, "01"),
        Header("cc", kTrace, kSpan, "01-what-comes-later")}) {
    const TraceContext context = ParseTraceparent(header);
    EXPECT_EQ(context.trace_id, kTrace) << header;
    EXPECT_EQ(context.span_id, kSpan) << header;
  }
}

TEST(TraceContextTest, TakesNothingElse) {
  for (const std::string& header :
       {std::string(), std::string("-"), std::string("00"),
        std::string(500, '0'), std::string(kTrace),
        Header("ff", kTrace, kSpan, "01"), Header("0", kTrace, kSpan, "01"),
        Header("00", std::string(32, '0'), kSpan, "01"),
        Header("00", kTrace, std::string(16, '0'), "01"),
        Header("00", "0AF7651916CD43DD8448EB211C80319C", kSpan, "01"),
        Header("00", "0af7651916cd43dd8448eb211c80319 ", kSpan, "01"),
        Header("00", kTrace, "b7ad6b716920333", "01"),
        Header("00", kTrace, kSpan, ""), Header("00", kTrace, kSpan, "1"),
        Header("00", kTrace, kSpan, "0x"), Header("00", kTrace, kSpan, "010"),
        Header("00", kTrace, kSpan, "01-x"),
        Header("cc", kTrace, kSpan, "01x")}) {
    EXPECT_EQ(ParseTraceparent(header).trace_id, "") << header;
    EXPECT_EQ(ParseTraceparent(header).span_id, "") << header;
  }
}

}  // namespace
}  // namespace parley::service

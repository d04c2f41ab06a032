#include "core/ice/frame_reader.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::ice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FrameReaderTest : public ::testing::Test {
 protected:
  static std::string Framed(const std::string& packet) {
    return std::string({static_cast<char>(packet.size() >> 8),
                        static_cast<char>(packet.size())}) +
           packet;
  }
  bool Feed(const std::string& bytes, size_t most = 1000) {
    return reader_.Feed(
        {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, most,
        [this](std::span<const uint8_t> packet) {
          taken_.emplace_back(packet.begin(), packet.end());
        });
  }

  FrameReader reader_;
  std::vector<std::string> taken_;
};

TEST_F(FrameReaderTest, PacketsComeOutWhereverTheStreamIsCut) {
  const std::string long_one(300, 'x');
  const std::string stream =
      Framed("a") + Framed("") + Framed(long_one) + Framed("end");
  for (size_t first = 0; first <= stream.size(); ++first) {
    for (size_t second : {first, first + 1, first + 2, stream.size()}) {
      if (second > stream.size()) continue;
      reader_.Clear();
      taken_.clear();
      EXPECT_TRUE(Feed(stream.substr(0, first)));
      EXPECT_TRUE(Feed(stream.substr(first, second - first)));
      EXPECT_TRUE(Feed(stream.substr(second)));
      ASSERT_THAT(taken_, ElementsAre("a", long_one, "end"))
          << first << " " << second;
      ASSERT_EQ(reader_.kept_bytes(), 0u);
    }
  }
}

TEST_F(FrameReaderTest, OnlyTheBeginningOfAPacketIsKept) {
  EXPECT_TRUE(Feed(Framed(std::string(900, 'x')) + Framed("abc").substr(0, 4)));
  EXPECT_EQ(reader_.kept_bytes(), 4u);
  EXPECT_TRUE(Feed("c"));
  EXPECT_EQ(reader_.kept_bytes(), 0u);
  EXPECT_THAT(taken_, ElementsAre(std::string(900, 'x'), "abc"));
}

TEST_F(FrameReaderTest, ALongerPacketThanAnybodySendsIsNotWaitedFor) {
  EXPECT_TRUE(Feed(Framed(std::string(10, 'x')), 10));
  EXPECT_FALSE(Feed(Framed(std::string(11, 'x')).substr(0, 2), 10));
  // Also where the length comes in two pieces.
  reader_.Clear();
  EXPECT_TRUE(Feed(std::string(1, '\x01'), 10));
  EXPECT_FALSE(Feed(std::string(1, '\0'), 10));
}

TEST_F(FrameReaderTest, EmptyPacketsAreNothing) {
  EXPECT_TRUE(Feed(Framed("") + Framed("") + Framed("").substr(0, 1)));
  EXPECT_THAT(taken_, IsEmpty());
  EXPECT_EQ(reader_.kept_bytes(), 1u);
}

}  // namespace
}  // namespace parley::ice

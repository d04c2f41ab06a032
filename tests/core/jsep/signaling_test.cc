#include "core/jsep/signaling.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "core/base/errors.h"

namespace parley::jsep {
namespace {

using enum SignalingState;
using enum SdpType;

// The 48 cells, written out once more, as the law has them.
struct Cell {
  SignalingState state;
  Side side;
  SdpType type;
  std::optional<SignalingState> next;
  bool rolls_back = false;
};

constexpr auto kNo = std::nullopt;
constexpr Side kL = Side::kLocal;
constexpr Side kR = Side::kRemote;

constexpr Cell kCells[] = {
    {kStable, kL, kOffer, kHaveLocalOffer},
    {kStable, kL, kPranswer, kNo},
    {kStable, kL, kAnswer, kNo},
    {kStable, kR, kOffer, kHaveRemoteOffer},
    {kStable, kR, kPranswer, kNo},
    {kStable, kR, kAnswer, kNo},
    {kStable, kL, kRollback, kNo},
    {kStable, kR, kRollback, kNo},

    {kHaveLocalOffer, kL, kOffer, kHaveLocalOffer},
    {kHaveLocalOffer, kL, kPranswer, kNo},
    {kHaveLocalOffer, kL, kAnswer, kNo},
    {kHaveLocalOffer, kR, kOffer, kHaveRemoteOffer, true},
    {kHaveLocalOffer, kR, kPranswer, kHaveRemotePranswer},
    {kHaveLocalOffer, kR, kAnswer, kStable},
    {kHaveLocalOffer, kL, kRollback, kStable},
    {kHaveLocalOffer, kR, kRollback, kStable},

    {kHaveRemoteOffer, kL, kOffer, kNo},
    {kHaveRemoteOffer, kL, kPranswer, kHaveLocalPranswer},
    {kHaveRemoteOffer, kL, kAnswer, kStable},
    {kHaveRemoteOffer, kR, kOffer, kHaveRemoteOffer},
    {kHaveRemoteOffer, kR, kPranswer, kNo},
    {kHaveRemoteOffer, kR, kAnswer, kNo},
    {kHaveRemoteOffer, kL, kRollback, kStable},
    {kHaveRemoteOffer, kR, kRollback, kStable},

    {kHaveLocalPranswer, kL, kOffer, kNo},
    {kHaveLocalPranswer, kL, kPranswer, kHaveLocalPranswer},
    {kHaveLocalPranswer, kL, kAnswer, kStable},
    {kHaveLocalPranswer, kR, kOffer, kNo},
    {kHaveLocalPranswer, kR, kPranswer, kNo},
    {kHaveLocalPranswer, kR, kAnswer, kNo},
    {kHaveLocalPranswer, kL, kRollback, kNo},
    {kHaveLocalPranswer, kR, kRollback, kNo},

    {kHaveRemotePranswer, kL, kOffer, kNo},
    {kHaveRemotePranswer, kL, kPranswer, kNo},
    {kHaveRemotePranswer, kL, kAnswer, kNo},
    {kHaveRemotePranswer, kR, kOffer, kNo},
    {kHaveRemotePranswer, kR, kPranswer, kHaveRemotePranswer},
    {kHaveRemotePranswer, kR, kAnswer, kStable},
    {kHaveRemotePranswer, kL, kRollback, kNo},
    {kHaveRemotePranswer, kR, kRollback, kNo},

    {kClosed, kL, kOffer, kNo},
    {kClosed, kL, kPranswer, kNo},
    {kClosed, kL, kAnswer, kNo},
    {kClosed, kR, kOffer, kNo},
    {kClosed, kR, kPranswer, kNo},
    {kClosed, kR, kAnswer, kNo},
    {kClosed, kL, kRollback, kNo},
    {kClosed, kR, kRollback, kNo},
};
static_assert(std::size(kCells) == 48);

Reason ExpectedReason(const Cell& cell) {
  if (cell.state == kClosed) return Reason::kPeerClosed;
  if (cell.state == kStable && cell.type == kRollback) {
    return Reason::kNothingToRollBack;
  }
  return Reason::kSignalingState;
}

class SignalingTable : public ::testing::TestWithParam<Cell> {};

TEST_P(SignalingTable, Cell) {
  const Cell& cell = GetParam();
  const auto next = NextState(cell.state, cell.side, cell.type);
  EXPECT_EQ(RollsBackFirst(cell.state, cell.side, cell.type), cell.rolls_back);
  if (cell.next) {
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_EQ(*next, *cell.next);
    return;
  }
  ASSERT_FALSE(next.ok());
  const auto error = GetError(next.status());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, ExpectedReason(cell));
  EXPECT_EQ(error->exception, DomException::kInvalidStateError);
}

std::string CellName(const ::testing::TestParamInfo<Cell>& info) {
  std::string name(SignalingStateName(info.param.state));
  name += '_';
  name += SideName(info.param.side);
  name += '_';
  name += SdpTypeName(info.param.type);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(AllCells, SignalingTable, ::testing::ValuesIn(kCells),
                         CellName);

TEST(Signaling, AnErrorNamesStateAndOperation) {
  const auto next = NextState(kHaveRemoteOffer, Side::kLocal, kOffer);
  const auto error = GetError(next.status());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->metadata,
            (ErrorMetadata{{"state", "have-remote-offer"},
                           {"operation", "setLocalDescription"},
                           {"sdp_type", "offer"}}));
}

}  // namespace
}  // namespace parley::jsep

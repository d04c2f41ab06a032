#include "core/ice/reflexive_search.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::ice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Request = ReflexiveSearch::Request;
using Failure = ReflexiveSearch::Failure;

TransportAddress At(std::string_view address, uint16_t port) {
  return {*IpAddress::Parse(address), port};
}

const TransportAddress kBase = At("10.0.0.1", 5000);
const TransportAddress kBaseV6 = At("2001:db8::1", 5000);
const TransportAddress kServer = At("192.0.2.1", 3478);
const TransportAddress kOther = At("192.0.2.2", 3478);

// An answer with the attribute, whose bytes follow its type.
std::vector<uint8_t> AnswerTo(const Request& request, uint8_t kind,
                              uint16_t attribute, std::vector<uint8_t> value) {
  const auto size = static_cast<uint8_t>(value.size());
  std::vector<uint8_t> answer = {1, kind, 0, static_cast<uint8_t>(size + 4)};
  answer.insert(answer.end(), request.bytes.begin() + 4, request.bytes.end());
  answer.insert(answer.end(),
                {static_cast<uint8_t>(attribute >> 8),
                 static_cast<uint8_t>(attribute & 0xff), 0, size});
  answer.insert(answer.end(), value.begin(), value.end());
  return answer;
}

std::vector<uint8_t> Sees(const Request& request,
                          const TransportAddress& mapped) {
  std::vector<uint8_t> value = {0, 1, static_cast<uint8_t>(mapped.port >> 8),
                                static_cast<uint8_t>(mapped.port & 0xff)};
  const auto& bytes = mapped.address.bytes();
  value.insert(value.end(), bytes.begin(), bytes.begin() + 4);
  return AnswerTo(request, 0x01, 0x0001, value);
}

class ReflexiveSearchTest : public ::testing::Test {
 protected:
  std::vector<ReflexiveSearch::Step> StepsUntil(absl::Duration end) {
    std::vector<ReflexiveSearch::Step> steps;
    for (;;) {
      while (auto step = search_.Next(now_)) steps.push_back(*step);
      if (search_.deadline() > end) break;
      now_ = search_.deadline();
    }
    now_ = end;
    return steps;
  }
  static std::vector<Request> Requests(
      const std::vector<ReflexiveSearch::Step>& steps) {
    std::vector<Request> requests;
    for (const auto& step : steps) {
      if (const auto* one = std::get_if<Request>(&step)) {
        requests.push_back(*one);
      }
    }
    return requests;
  }
  static std::vector<int> Failures(
      const std::vector<ReflexiveSearch::Step>& steps) {
    std::vector<int> codes;
    for (const auto& step : steps) {
      if (const auto* one = std::get_if<Failure>(&step)) {
        codes.push_back(one->error);
      }
    }
    return codes;
  }
  // The request that is due now.
  Request Sent() {
    const auto requests = Requests(StepsUntil(now_));
    EXPECT_THAT(requests, SizeIs(1));
    return requests.at(0);
  }

  ReflexiveSearch search_{{kBase, kBaseV6}};
  absl::Duration now_ = absl::Seconds(100);
};

TEST_F(ReflexiveSearchTest, AsksFromEachBaseOfTheServersFamilyAndPacesIt) {
  search_.Ask(kServer, now_);
  search_.Ask(kOther, now_);
  search_.Ask(kServer, now_);
  const Request first = Sent();
  EXPECT_EQ(first.base, 0u);
  EXPECT_EQ(first.server, kServer);
  EXPECT_GT(search_.deadline(), now_);
  now_ = search_.deadline();
  EXPECT_EQ(Sent().server, kOther);
  search_.Ask(At("2001:db8::9", 3478), now_);
  now_ = search_.deadline();
  EXPECT_EQ(Sent().base, 1u);
}

TEST_F(ReflexiveSearchTest, AServerThatIsSilentIsAskedFourTimesIn4500Ms) {
  search_.Ask(kServer, now_);
  const absl::Duration begun = now_;
  const auto steps = StepsUntil(begun + absl::Milliseconds(4499));
  const auto requests = Requests(steps);
  ASSERT_THAT(requests, SizeIs(4));
  for (const Request& one : requests) EXPECT_EQ(one.bytes, requests[0].bytes);
  EXPECT_THAT(Failures(steps), IsEmpty());
  EXPECT_TRUE(search_.searching());
  EXPECT_THAT(Failures(StepsUntil(begun + absl::Milliseconds(4500))),
              ElementsAre(0));
  EXPECT_FALSE(search_.searching());
  EXPECT_EQ(search_.deadline(), absl::InfiniteDuration());
}

TEST_F(ReflexiveSearchTest, OnceOneHasAnsweredTheOthersHaveLess) {
  search_.Ask(kServer, now_);
  search_.Ask(kOther, now_);
  const absl::Duration begun = now_;
  const Request request = Sent();
  const auto taken =
      search_.OnPacket(kServer, Sees(request, At("198.51.100.7", 7000)), now_);
  EXPECT_TRUE(taken.ours);
  ASSERT_TRUE(taken.mapping.has_value());
  EXPECT_EQ(taken.mapping->address, At("198.51.100.7", 7000));
  EXPECT_EQ(taken.mapping->base, 0u);
  EXPECT_TRUE(search_.searching());
  const auto steps = StepsUntil(begun + absl::Milliseconds(1510));
  EXPECT_THAT(Requests(steps), SizeIs(2));
  EXPECT_THAT(Failures(steps), ElementsAre(0));
  EXPECT_FALSE(search_.searching());
}

TEST_F(ReflexiveSearchTest, OnlyADifferentAddressIsACandidate) {
  std::vector<std::optional<size_t>> ranks;
  for (const auto& [server, sees] :
       std::vector<std::pair<const char*, TransportAddress>>{
           {"192.0.2.1", At("198.51.100.7", 7000)},
           {"192.0.2.2", At("198.51.100.7", 7000)},
           {"192.0.2.3", At("198.51.100.7", 7001)},
           {"192.0.2.4", kBase},
           {"192.0.2.5", At("0.0.0.0", 7000)},
           {"192.0.2.6", At("224.0.0.1", 7000)},
           {"192.0.2.7", At("198.51.100.8", 0)}}) {
    search_.Ask(At(server, 3478), now_);
    now_ = std::max(now_, search_.deadline());
    const Request request = Sent();
    const auto taken =
        search_.OnPacket(At(server, 3478), Sees(request, sees), now_);
    EXPECT_TRUE(taken.ours);
    ranks.push_back(taken.mapping ? std::optional<size_t>(taken.mapping->rank)
                                  : std::nullopt);
  }
  EXPECT_THAT(ranks, ElementsAre(0, std::nullopt, 1, std::nullopt, std::nullopt,
                                 std::nullopt, std::nullopt));
  EXPECT_FALSE(search_.searching());
  EXPECT_THAT(Failures(StepsUntil(now_)), IsEmpty());
}

TEST_F(ReflexiveSearchTest, WhatIsNoAnswerOfTheServerIsNotTaken) {
  search_.Ask(kServer, now_);
  const Request request = Sent();
  const auto answer = Sees(request, At("198.51.100.7", 7000));
  EXPECT_FALSE(search_.OnPacket(kOther, answer, now_).ours);
  EXPECT_FALSE(search_.OnPacket(At("192.0.2.1", 3479), answer, now_).ours);
  auto of_another = answer;
  of_another[19] ^= 1;
  EXPECT_FALSE(search_.OnPacket(kServer, of_another, now_).ours);
  for (size_t size = 0; size < answer.size(); ++size) {
    EXPECT_FALSE(search_.OnPacket(kServer, {answer.data(), size}, now_).ours);
  }
  // An attribute that must be understood, and is not.
  EXPECT_FALSE(search_
                   .OnPacket(kServer,
                             AnswerTo(request, 0x01, 0x7777, {1, 2, 3, 4}),
                             now_)
                   .ours);
  // No address.
  EXPECT_FALSE(search_
                   .OnPacket(kServer,
                             AnswerTo(request, 0x01, 0x8022, {'x', 0, 0, 0}),
                             now_)
                   .ours);
  EXPECT_TRUE(search_.OnPacket(kServer, answer, now_).ours);
  // Once.
  EXPECT_FALSE(search_.OnPacket(kServer, answer, now_).ours);
}

TEST_F(ReflexiveSearchTest, ARefusalIsAFailureWithItsCode) {
  search_.Ask(kServer, now_);
  const Request request = Sent();
  EXPECT_TRUE(search_
                  .OnPacket(kServer,
                            AnswerTo(request, 0x11, 0x0009, {0, 0, 4, 20}),
                            now_)
                  .ours);
  EXPECT_THAT(Failures(StepsUntil(now_)), ElementsAre(420));
  EXPECT_FALSE(search_.searching());
}

TEST_F(ReflexiveSearchTest, AServerWithoutABaseOfItsFamilyFails) {
  ReflexiveSearch search({kBase});
  search.Ask(At("2001:db8::9", 3478), now_);
  const auto step = search.Next(now_);
  ASSERT_TRUE(step.has_value());
  EXPECT_TRUE(std::holds_alternative<Failure>(*step));
  EXPECT_FALSE(search.searching());
}

TEST_F(ReflexiveSearchTest, ABindingIsKeptAliveAndItsAnswersAreNobodys) {
  search_.Ask(kServer, now_);
  const Request request = Sent();
  search_.OnPacket(kServer, Sees(request, At("198.51.100.7", 7000)), now_);
  EXPECT_FALSE(search_.searching());
  const auto requests = Requests(StepsUntil(now_ + absl::Seconds(46)));
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_NE(requests[0].bytes, requests[1].bytes);
  EXPECT_FALSE(
      search_
          .OnPacket(kServer, Sees(requests[2], At("198.51.100.7", 7000)), now_)
          .ours);
}

TEST_F(ReflexiveSearchTest, ABaseHasNoMoreThanSoManyCandidates) {
  size_t found = 0;
  for (int i = 1; i <= 20; ++i) {
    const TransportAddress server = At("192.0.2." + std::to_string(i), 3478);
    search_.Ask(server, now_);
    now_ = std::max(now_, search_.deadline());
    const Request request = Sent();
    const TransportAddress sees = At("198.51.100.7", static_cast<uint16_t>(i));
    if (search_.OnPacket(server, Sees(request, sees), now_).mapping) ++found;
  }
  EXPECT_EQ(found, ReflexiveSearch::kMaxMappings);
}

}  // namespace
}  // namespace parley::ice

// Datagrams that leave together, over a real socket.

#include "core/ice/send_batch.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/loopback_socket.h"

namespace parley::ice {
namespace {

using parley::testing::LoopbackSocket;

TransportAddress Loopback(uint16_t port) {
  return {*IpAddress::Parse("127.0.0.1"), port};
}

void Add(SendBatch& batch, const TransportAddress& to, std::string_view text) {
  batch.Add(to, std::span(reinterpret_cast<const uint8_t*>(text.data()),
                          text.size()));
}

TEST(SendBatchTest, SendsAllInTheirOrderAndIsEmpty) {
  LoopbackSocket from;
  LoopbackSocket one;
  LoopbackSocket other;
  SendBatch batch;
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < SendBatch::kCapacity; ++i) {
      LoopbackSocket& to = i % 2 == 0 ? one : other;
      Add(batch, Loopback(to.port()), std::to_string(i));
    }
    EXPECT_EQ(batch.size(), SendBatch::kCapacity);
    EXPECT_EQ(batch.Flush(from.fd()), 0u);
    EXPECT_EQ(batch.size(), 0u);
    for (size_t i = 0; i < SendBatch::kCapacity; ++i) {
      const auto datagram = (i % 2 == 0 ? one : other).Receive();
      ASSERT_TRUE(datagram.has_value());
      EXPECT_EQ(datagram->bytes, std::to_string(i));
    }
  }
  EXPECT_EQ(batch.Flush(from.fd()), 0u);
}

TEST(SendBatchTest, WhatCannotBeSentHoldsNobodyUp) {
  LoopbackSocket from;
  LoopbackSocket to;
  SendBatch batch;
  Add(batch, Loopback(0), "nowhere");
  Add(batch, Loopback(to.port()), "first");
  Add(batch, {*IpAddress::Parse("2001:db8::1"), 9}, "of another family");
  Add(batch, Loopback(to.port()), "second");
  EXPECT_EQ(batch.Flush(from.fd()), 2u);
  EXPECT_EQ(to.Receive()->bytes, "first");
  EXPECT_EQ(to.Receive()->bytes, "second");
}

}  // namespace
}  // namespace parley::ice

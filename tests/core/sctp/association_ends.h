// Two SCTP associations and the wire between them, in memory and on virtual
// time. The wire holds packets until a test delivers them. For one thread.
#ifndef PARLEY_TESTS_CORE_SCTP_ASSOCIATION_ENDS_H_
#define PARLEY_TESTS_CORE_SCTP_ASSOCIATION_ENDS_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/sctp/association.h"
#include "core/sctp/dcep.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_executor.h"
#include "tests/testing/library_time.h"

namespace parley::sctp {

using Packet = std::vector<uint8_t>;

// One end: what it sent and is still to be delivered, and what it was told.
class AssociationEnd : public Association::Observer {
 public:
  AssociationEnd(Stack& stack, AssociationOptions options, Executor& executor)
      : association(std::in_place, stack, options, executor, *this) {}

  void OnSctpPacket(std::span<const uint8_t> packet) override {
    largest = std::max(largest, packet.size());
    sent.emplace_back(packet.begin(), packet.end());
    if (on_event) on_event();
  }
  void OnSctpState(State state, StreamCounts counts,
                   const absl::Status& status) override {
    states.push_back(state);
    if (state == State::kConnected) streams = counts;
    why = status;
    if (on_event) on_event();
  }
  void OnSctpMessage(IncomingMessage message) override {
    messages.push_back(std::move(message));
    if (on_event) on_event();
  }
  void OnIncomingStreamsReset(std::span<const uint16_t> ids) override {
    incoming_resets.insert(incoming_resets.end(), ids.begin(), ids.end());
    if (on_event) on_event();
  }
  void OnOutgoingStreamsReset(std::span<const uint16_t> ids) override {
    outgoing_resets.insert(outgoing_resets.end(), ids.begin(), ids.end());
    if (on_event) on_event();
  }
  void OnBytesSent(uint16_t stream, size_t bytes) override {
    bytes_sent[stream] += bytes;
    if (on_event) on_event();
  }

  void Send(uint16_t stream, std::string payload) {
    association->Send(
        {.stream = stream, .ppid = kPpidBinary, .payload = std::move(payload)});
  }
  std::vector<std::string> payloads() const {
    std::vector<std::string> all;
    for (const IncomingMessage& message : messages) {
      all.push_back(message.payload);
    }
    return all;
  }
  State state() const { return association->state(); }

  std::optional<Association> association;
  std::deque<Packet> sent;
  size_t largest = 0;
  std::vector<State> states;
  StreamCounts streams;
  absl::Status why;
  std::vector<IncomingMessage> messages;
  std::vector<uint16_t> incoming_resets;
  std::vector<uint16_t> outgoing_resets;
  std::map<uint16_t, size_t> bytes_sent;
  std::function<void()> on_event;  // after each of the above
};

class AssociationEnds {
 public:
  explicit AssociationEnds(AssociationOptions a_options = {},
                           AssociationOptions b_options = {})
      : stack(executor),
        a(stack, a_options, executor),
        b(stack, b_options, executor) {}

  void Connect(uint16_t a_port = 5000, uint16_t b_port = 5000) {
    ASSERT_TRUE(a.association->Connect(a_port, b_port).ok());
    ASSERT_TRUE(b.association->Connect(b_port, a_port).ok());
    ASSERT_TRUE(RunUntil([&] { return BothConnected(); }));
  }

  bool BothConnected() const {
    return a.state() == State::kConnected && b.state() == State::kConnected;
  }

  bool DeliverOne(AssociationEnd& from, AssociationEnd& to) {
    if (from.sent.empty()) return false;
    const Packet packet = std::move(from.sent.front());
    from.sent.pop_front();
    if (lose && lose(packet)) return true;
    if (to.association) to.association->HandlePacket(packet);
    return true;
  }

  // Delivers until nothing is under way.
  void DeliverAll() {
    while (true) {
      const bool from_a = DeliverOne(a, b);
      const bool from_b = DeliverOne(b, a);
      if (!from_a && !from_b) return;
    }
  }

  // Delivers and lets virtual time pass, a minute at most, until it holds.
  bool RunUntil(const std::function<bool()>& holds) {
    for (int i = 0; i < 12000; ++i) {
      DeliverAll();
      if (holds()) return true;
      executor.Advance(absl::Milliseconds(5));
    }
    return false;
  }

  void RunFor(absl::Duration time) {
    for (absl::Duration passed; passed < time;
         passed += absl::Milliseconds(5)) {
      DeliverAll();
      executor.Advance(absl::Milliseconds(5));
    }
    DeliverAll();
  }

  testing::FakeExecutor executor;
  testing::LibraryTime library_time{executor.clock()};
  Stack stack;
  AssociationEnd a;
  AssociationEnd b;
  std::function<bool(const Packet&)> lose;
};

}  // namespace parley::sctp

#endif  // PARLEY_TESTS_CORE_SCTP_ASSOCIATION_ENDS_H_

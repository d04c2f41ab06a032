// W3C getStats: what the transports say, put together with what the peer knows.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/errors.h"
#include "core/peer/peer.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {

// One call of Measure. On the strand.
struct Peer::Measuring {
  Measurement result;
  Reply<Measurement> reply;
  size_t missing = 0;
};

void Peer::Measure(MeasurementSelector selector, Reply<Measurement> reply) {
  strand_.Post([self = shared_from_this(), selector,
                reply = std::move(reply)]() mutable {
    const auto entries = self->Selected(selector);
    if (!entries.ok()) return reply(entries.status(), self->CurrentView());
    auto measuring = std::make_shared<Measuring>();
    measuring->result = self->MeasureOwn(selector);
    measuring->reply = std::move(reply);
    measuring->missing = entries->size();
    if (entries->empty()) return self->EndMeasuring(*measuring);
    for (TransportEntry* entry : *entries) {
      entry->transport->Measure(
          [self, id = entry->id, measuring](TransportMeasurement is) mutable {
            self->strand_.Post([self, id, measuring = std::move(measuring),
                                is = std::move(is)]() mutable {
              measuring->result.transports.push_back({id, std::move(is)});
              if (--measuring->missing == 0) self->EndMeasuring(*measuring);
            });
          });
    }
  });
}

void Peer::EndMeasuring(Measuring& measuring) {
  measuring.reply(std::move(measuring.result), CurrentView());
}

// The transports that the selector means, each once.
absl::StatusOr<std::vector<Peer::TransportEntry*>> Peer::Selected(
    const MeasurementSelector& selector) {
  std::vector<TransportEntry*> result;
  const auto add = [&](jsep::TransportId id) {
    if (TransportEntry* entry = FindEntry(id)) result.push_back(entry);
  };
  if (selector.channel) {
    if (channels_.Find(*selector.channel) == nullptr) {
      return MakeError(Reason::kChannelUnknown,
                       "getStats: the peer has no such data channel");
    }
    if (session_.sctp) add(session_.sctp->transport);
    return result;
  }
  if (selector.transceiver) {
    if (jsep::FindTransceiver(session_, *selector.transceiver) == nullptr) {
      return MakeError(Reason::kTransceiverUnknown,
                       "getStats: the peer has no such transceiver");
    }
    for (const jsep::Section& section : session_.sections) {
      if (jsep::IsMedia(section.kind) &&
          section.transceiver == *selector.transceiver) {
        add(section.transport);
      }
    }
    return result;
  }
  for (const auto& entry : transports_) result.push_back(entry.get());
  return result;
}

Measurement Peer::MeasureOwn(const MeasurementSelector& selector) const {
  Measurement result{.time = environment_.clock.Now(),
                     // Of several the handshake chose, and does not tell.
                     .certificate = certificates_.size() == 1
                                        ? certificates_.front()
                                        : nullptr,
                     .channel_counters = channels_.counters(),
                     .candidate_names_ignored = candidate_names_ignored_};
  if (selector.transceiver) return result;
  for (const sctp::Channel* channel : channels_.All()) {
    if (selector.channel && *selector.channel != channel->key) continue;
    result.channels.push_back({*channel, ends_.unread_bytes(channel->key)});
  }
  return result;
}

}  // namespace parley::peer

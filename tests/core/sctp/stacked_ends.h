// Two whole data stacks, DTLS with SCTP over it and data channels on top, and
// the wire between them. For one thread.
#ifndef PARLEY_TESTS_CORE_SCTP_STACKED_ENDS_H_
#define PARLEY_TESTS_CORE_SCTP_STACKED_ENDS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/dtls/dtls_transport.h"
#include "core/sctp/association.h"
#include "core/sctp/data_channels.h"

namespace parley::sctp {

class StackedEnd : public dtls::Transport::Observer,
                   public Association::Observer {
 public:
  StackedEnd(std::shared_ptr<dtls::Context> context,
             crypto::CertificatePtr certificate, Stack& stack,
             Executor& executor)
      : certificate(std::move(certificate)),
        channels(DataChannels::Limits()),
        stack_(stack),
        executor_(executor) {
    dtls.emplace(std::move(context), crypto::CertificateList{this->certificate},
                 dtls::TransportOptions(), executor, *this);
  }

  void Start(dtls::Role role, const crypto::Certificate& remote) {
    role_ = role;
    if (dtls) dtls->Start(role, {remote.fingerprint()});
  }

  // What W3C's close does with these.
  void Close() {
    if (sctp) sctp->Close();
    if (dtls) dtls->Close();
  }

  // Carries out what the channels want.
  void RunEffects() {
    for (ChannelEffect& effect : channels.TakeEffects()) {
      if (auto* send = std::get_if<SendMessage>(&effect)) {
        if (sctp) sctp->Send(std::move(send->message));
      } else if (auto* reset = std::get_if<ResetStream>(&effect)) {
        if (sctp) sctp->ResetStreams({&reset->stream, 1});
      } else if (auto* message = std::get_if<MessageReceived>(&effect)) {
        received.push_back(std::move(*message));
      } else if (auto* channel = std::get_if<ChannelAnnounced>(&effect)) {
        announced.push_back(channel->channel);
      }
    }
  }

  // --- dtls::Transport::Observer ---
  void OnDtlsPacket(std::span<const uint8_t> packet) override {
    sent.emplace_back(packet.begin(), packet.end());
    Event();
  }
  void OnDtlsData(std::span<const uint8_t> data) override {
    if (sctp) sctp->HandlePacket(data);
  }
  void OnDtlsState(dtls::State state, const absl::Status&) override {
    if (state == dtls::State::kConnected) {
      channels.SetIdParity(role_ == dtls::Role::kClient
                               ? DataChannels::IdParity::kEven
                               : DataChannels::IdParity::kOdd);
      sctp.emplace(stack_, AssociationOptions(), executor_, *this);
      if (!sctp->Connect(5000, 5000).ok()) std::abort();
    } else if (state == dtls::State::kClosed && sctp) {
      sctp->Close();
    }
    Event();
  }

  // --- Association::Observer ---
  void OnSctpPacket(std::span<const uint8_t> packet) override {
    if (dtls) dtls->Send(packet);
  }
  void OnSctpState(State state, StreamCounts streams,
                   const absl::Status& why) override {
    if (state == State::kConnected) channels.OnConnected(streams);
    if (state == State::kClosed) channels.OnClosed(why);
    RunEffects();
    Event();
  }
  void OnSctpMessage(IncomingMessage message) override {
    channels.OnMessage(std::move(message));
    RunEffects();
    Event();
  }
  void OnIncomingStreamsReset(std::span<const uint16_t> streams) override {
    channels.OnIncomingStreamsReset(streams);
    RunEffects();
    Event();
  }
  void OnOutgoingStreamsReset(std::span<const uint16_t> streams) override {
    channels.OnOutgoingStreamsReset(streams);
    RunEffects();
    Event();
  }
  void OnBytesSent(uint16_t stream, size_t bytes) override {
    channels.OnBytesSent(stream, bytes);
    RunEffects();
  }

  const crypto::CertificatePtr certificate;
  DataChannels channels;
  std::optional<dtls::Transport> dtls;
  std::optional<Association> sctp;
  std::deque<std::vector<uint8_t>> sent;
  std::vector<MessageReceived> received;
  std::vector<ChannelKey> announced;
  std::function<void()> on_event;

 private:
  void Event() {
    if (on_event) on_event();
  }

  Stack& stack_;
  Executor& executor_;
  dtls::Role role_ = dtls::Role::kClient;
};

}  // namespace parley::sctp

#endif  // PARLEY_TESTS_CORE_SCTP_STACKED_ENDS_H_

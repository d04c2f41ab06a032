#include "parley/data_session.h"

#include <utility>
#include <variant>

#include "client/src/await.h"
#include "client/src/data_session_impl.h"

namespace parley::client {
namespace {

// Waits for something that cannot be taken back.
absl::Status AwaitStatus(
    absl::Duration timeout,
    const std::function<void(std::function<void(absl::Status)>)>& start) {
  return internal::Await<std::monostate>(
             timeout,
             [&](auto done) {
               start([done = std::move(done)](absl::Status status) {
                 if (status.ok()) {
                   done(std::monostate());
                 } else {
                   done(std::move(status));
                 }
               });
             },
             [] { return true; })
      .status();
}

}  // namespace

DataSession::DataSession(std::shared_ptr<internal::DataSessionImpl> impl)
    : impl_(std::move(impl)) {}

DataSession::DataSession(DataSession&&) noexcept = default;

DataSession& DataSession::operator=(DataSession&& other) noexcept {
  DataSession old(std::move(*this));
  impl_ = std::move(other.impl_);
  return *this;
}

DataSession::~DataSession() {
  if (impl_ != nullptr) impl_->Cancel();
}

void DataSession::Attach(std::string_view name) {
  impl_->Attach(name, v1::Attach());
}

void DataSession::Attach(std::string_view name, const v1::Attach& attach) {
  impl_->Attach(name, attach);
}

void DataSession::Detach(std::string_view name) { impl_->Detach(name); }

absl::Status DataSession::SendText(std::string_view channel, std::string text,
                                   absl::Duration timeout) {
  v1::DataMessage message;
  message.set_text(std::move(text));
  return AwaitStatus(timeout, [&](auto done) {
    impl_->Send(channel, std::move(message), std::move(done));
  });
}

absl::Status DataSession::SendBinary(std::string_view channel,
                                     std::string bytes,
                                     absl::Duration timeout) {
  v1::DataMessage message;
  message.set_binary(std::move(bytes));
  return AwaitStatus(timeout, [&](auto done) {
    impl_->Send(channel, std::move(message), std::move(done));
  });
}

void DataSession::Send(std::string_view channel, v1::DataMessage message,
                       std::function<void(absl::Status)> done) {
  impl_->Send(channel, std::move(message), std::move(done));
}

absl::StatusOr<v1::ServerFrame> DataSession::Receive(absl::Duration timeout) {
  return internal::Await<v1::ServerFrame>(
      timeout, [this](auto done) { impl_->Receive(std::move(done)); },
      [this] { return impl_->AbandonReceive(); });
}

void DataSession::Receive(
    std::function<void(absl::StatusOr<v1::ServerFrame>)> done) {
  impl_->Receive(std::move(done));
}

void DataSession::Acknowledge(std::string_view channel, uint64_t sequence) {
  impl_->Acknowledge(channel, sequence);
}

absl::Status DataSession::Finish(absl::Duration timeout) {
  return AwaitStatus(timeout,
                     [this](auto done) { impl_->Finish(std::move(done)); });
}

void DataSession::Cancel() { impl_->Cancel(); }

}  // namespace parley::client

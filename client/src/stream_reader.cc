#include "parley/stream_reader.h"

#include <utility>

#include "client/src/await.h"
#include "client/src/reader.h"
#include "parley/nodes_watch.h"
#include "parley/v1/data_channel_service.pb.h"
#include "parley/v1/watch_calls.pb.h"

namespace parley::client {

template <typename T>
StreamReader<T>::StreamReader(std::shared_ptr<internal::Reader<T>> reader)
    : reader_(std::move(reader)) {}

template <typename T>
StreamReader<T>::StreamReader(StreamReader&&) noexcept = default;

template <typename T>
StreamReader<T>& StreamReader<T>::operator=(StreamReader&& other) noexcept {
  StreamReader old(std::move(*this));
  reader_ = std::move(other.reader_);
  return *this;
}

template <typename T>
StreamReader<T>::~StreamReader() {
  if (reader_ != nullptr) reader_->Cancel();
}

template <typename T>
absl::StatusOr<typename StreamReader<T>::Update> StreamReader<T>::Next(
    absl::Duration timeout) {
  return internal::Await<Update>(
      timeout, [this](auto done) { reader_->Next(std::move(done)); },
      [this] { return reader_->Abandon(); });
}

template <typename T>
void StreamReader<T>::Next(std::function<void(absl::StatusOr<Update>)> done) {
  reader_->Next(std::move(done));
}

template <typename T>
void StreamReader<T>::Cancel() {
  reader_->Cancel();
}

template class StreamReader<v1::ReceiveMessagesResponse>;
template class StreamReader<v1::WatchPeerResponse>;
template class StreamReader<v1::WatchPeersResponse>;
template class StreamReader<NodeUpdate>;

}  // namespace parley::client

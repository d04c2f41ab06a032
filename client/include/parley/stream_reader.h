// A server stream, read message by message.
//
// Safe for concurrent use, but only one Next at a time may be under way.
#ifndef PARLEY_STREAM_READER_H_
#define PARLEY_STREAM_READER_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace parley::client {

namespace internal {

template <typename T>
class Reader;

}  // namespace internal

// Reads a stream only as fast as Next is called: at most one message is held
// here. Destruction ends the stream.
template <typename T>
class StreamReader {
 public:
  explicit StreamReader(std::shared_ptr<internal::Reader<T>> reader);
  StreamReader(StreamReader&&) noexcept;
  StreamReader& operator=(StreamReader&&) noexcept;
  ~StreamReader();

  // A message. nullopt: the stream has ended as it should.
  using Update = std::optional<T>;

  // Waits for the next message, at most `timeout` (then DEADLINE_EXCEEDED, and
  // nothing is lost: call again). Every other error is the end of the stream.
  // Not from a callback of this library.
  absl::StatusOr<Update> Next(
      absl::Duration timeout = absl::InfiniteDuration());

  // The same without waiting: `done` runs once, on any thread, perhaps before
  // this returns; with CANCELLED when the stream is cancelled first.
  void Next(std::function<void(absl::StatusOr<Update>)> done);

  // Ends the stream. May be called from any thread, any number of times.
  void Cancel();

 private:
  std::shared_ptr<internal::Reader<T>> reader_;
};

}  // namespace parley::client

#endif  // PARLEY_STREAM_READER_H_

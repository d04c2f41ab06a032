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

class Stream;

namespace internal {

template <typename Response>
class StreamReaderImpl;

}  // namespace internal

// Reads a stream only as fast as Next is called. Does not resume by itself.
// Destruction ends the stream.
template <typename Response>
class StreamReader {
 public:
  explicit StreamReader(std::unique_ptr<Stream> stream);
  StreamReader(StreamReader&&) noexcept;
  StreamReader& operator=(StreamReader&&) noexcept;
  ~StreamReader();

  // Waits for the next message, at most `timeout` (then DEADLINE_EXCEEDED, and
  // nothing is lost: call again). nullopt: the stream has ended as it should;
  // every other error is its end. Not from a callback of this library.
  absl::StatusOr<std::optional<Response>> Next(
      absl::Duration timeout = absl::InfiniteDuration());

  // The same without waiting: `done` runs once, on any thread, perhaps before
  // this returns.
  void Next(std::function<void(absl::StatusOr<std::optional<Response>>)> done);

  // Ends the stream. May be called from any thread, any number of times.
  void Cancel();

 private:
  std::shared_ptr<internal::StreamReaderImpl<Response>> impl_;
};

}  // namespace parley::client

#endif  // PARLEY_STREAM_READER_H_

// What stands behind a StreamReader.
// Safe for concurrent use, but only one Next at a time may be under way.
#ifndef PARLEY_CLIENT_SRC_READER_H_
#define PARLEY_CLIENT_SRC_READER_H_

#include <functional>
#include <optional>

#include "absl/status/statusor.h"

namespace parley::client::internal {

template <typename T>
class Reader {
 public:
  using Result = absl::StatusOr<std::optional<T>>;
  using Done = std::function<void(Result)>;

  virtual ~Reader() = default;

  virtual void Next(Done done) = 0;

  // Takes back the callback of Next. False: there is none any more.
  virtual bool Abandon() = 0;

  virtual void Cancel() = 0;
};

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_READER_H_

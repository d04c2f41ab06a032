// The bearer token of a connection: a text, or what a file says now. Safe for
// concurrent use.
#ifndef PARLEY_CLIENT_SRC_TOKEN_SOURCE_H_
#define PARLEY_CLIENT_SRC_TOKEN_SOURCE_H_

#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "parley/options.h"

namespace parley::client::internal {

class TokenSource {
 public:
  explicit TokenSource(const ConnectionOptions& options)
      : path_(options.token_file), token_(options.token) {}

  // "" where there is none. A file is read again when it was read a second ago
  // or more; one that cannot be read leaves what was read before.
  std::string Get() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const std::string path_;
  absl::Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

// Whether what is sent to this gRPC target in plaintext stays on this machine.
bool StaysOnThisMachine(std::string_view target);

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_TOKEN_SOURCE_H_

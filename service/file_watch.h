// Reads small files again while they may change, on a thread of its own, so
// that renewed ones are taken up without a restart.
//
// Made and destroyed by one thread. Files are best replaced by a renamed one,
// as Kubernetes does it: what is read while somebody writes is broken, or looks
// whole and is not.
#ifndef PARLEY_SERVICE_FILE_WATCH_H_
#define PARLEY_SERVICE_FILE_WATCH_H_

#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "service/token_digest.h"

namespace parley::service {

// The whole file. The error names it.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path,
                                          size_t max_bytes);

class FileWatch {
 public:
  // The contents of all files, in their order.
  using Contents = std::vector<std::string>;
  using OnChange = std::function<void(absl::StatusOr<Contents>)>;

  // Calls when the contents are others than these, or can be read no more:
  // once for each change, on the watch's thread.
  FileWatch(std::vector<std::string> paths, size_t max_bytes,
            const Contents& before, absl::Duration interval,
            OnChange on_change);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  static absl::StatusOr<Contents> Read(const std::vector<std::string>& paths,
                                       size_t max_bytes);

 private:
  static absl::StatusOr<std::vector<TokenDigest>> Digests(
      const Contents& contents);
  void Watch(absl::Duration interval);

  const std::vector<std::string> paths_;
  const size_t max_bytes_;
  const OnChange on_change_;
  // Used by the thread alone: what was told last.
  absl::StatusOr<std::vector<TokenDigest>> told_;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_FILE_WATCH_H_

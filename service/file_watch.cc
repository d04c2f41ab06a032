#include "service/file_watch.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace parley::service {

absl::StatusOr<std::string> ReadSmallFile(const std::string& path,
                                          size_t max_bytes) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 64 << 10> chunk;
  while (file && text.size() <= max_bytes) {
    file.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " cannot be read: ", std::string(strerror(errno))));
  }
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has more than ", max_bytes, " bytes"));
  }
  return text;
}

// They may hold secrets, which are not kept for this.
absl::StatusOr<std::vector<TokenDigest>> FileWatch::Digests(
    const Contents& contents) {
  std::vector<TokenDigest> digests;
  for (const std::string& one : contents) digests.push_back(DigestToken(one));
  return digests;
}

FileWatch::FileWatch(std::vector<std::string> paths, size_t max_bytes,
                     const Contents& before, absl::Duration interval,
                     OnChange on_change)
    : paths_(std::move(paths)),
      max_bytes_(max_bytes),
      on_change_(std::move(on_change)),
      told_(Digests(before)),
      thread_([this, interval] { Watch(interval); }) {}

FileWatch::~FileWatch() {
  stop_.Notify();
  thread_.join();
}

absl::StatusOr<FileWatch::Contents> FileWatch::Read(
    const std::vector<std::string>& paths, size_t max_bytes) {
  Contents contents;
  for (const std::string& path : paths) {
    auto text = ReadSmallFile(path, max_bytes);
    if (!text.ok()) return text.status();
    contents.push_back(*std::move(text));
  }
  return contents;
}

void FileWatch::Watch(absl::Duration interval) {
  while (!stop_.WaitForNotificationWithTimeout(interval)) {
    auto now = Read(paths_, max_bytes_);
    auto digests = now.ok() ? Digests(*now) : now.status();
    if (digests == told_) continue;
    told_ = std::move(digests);
    on_change_(std::move(now));
  }
}

}  // namespace parley::service

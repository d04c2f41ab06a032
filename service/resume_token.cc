#include "service/resume_token.h"

#include <charconv>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/strings.h"
#include "core/pool/names.h"
#include "service/convert_basic.h"

namespace parley::service {
namespace {

constexpr size_t kMaxBytes = 256;

bool ReadHex(absl::string_view text, uint64_t& out) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out, 16);
  return error == std::errc() && stop == end;
}

}  // namespace

std::string ResumeToken::Print() const {
  return absl::StrCat(epoch, "~", absl::Hex(labels), "~", absl::Hex(opened),
                      "~", absl::Hex(cursor), "~", position);
}

absl::StatusOr<ResumeToken> ResumeToken::Parse(std::string_view text) {
  const absl::Status bad =
      BadField("resume_token", "is not one that WatchPeers gave");
  if (text.size() > kMaxBytes) return bad;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(ToAbsl(text), '~');
  ResumeToken token;
  if (parts.size() != 5 || !ReadHex(parts[1], token.labels) ||
      !ReadHex(parts[2], token.opened) || !ReadHex(parts[3], token.cursor) ||
      token.opened > token.cursor) {
    return bad;
  }
  token.epoch = std::string(parts[0]);
  token.position = std::string(parts[4]);
  const bool named = !token.position.empty() && token.position != kEnd;
  if (named && !pool::ParsePeerName(token.position).ok()) return bad;
  return token;
}

}  // namespace parley::service

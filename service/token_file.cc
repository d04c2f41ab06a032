#include "service/token_file.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/strings.h"

namespace parley::service {
namespace {

constexpr absl::string_view kDigestPrefix = "sha256:";

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(ToAbsl(what));
}

absl::Status ReadRole(absl::string_view word, Role& out) {
  for (const Role role : {Role::kUser, Role::kAdmin}) {
    if (ToStd(word) == RoleName(role)) return out = role, absl::OkStatus();
  }
  return Wrong("the role is neither user nor admin");
}

absl::Status ReadDigest(absl::string_view hex, TokenDigest& out) {
  const bool right = hex.size() == 2 * out.bytes.size() &&
                     std::all_of(hex.begin(), hex.end(), [](char c) {
                       return absl::ascii_isxdigit(c);
                     });
  if (!right) return Wrong("sha256: is not followed by 64 hexadecimal digits");
  const std::string bytes = absl::HexStringToBytes(hex);
  memcpy(out.bytes.data(), bytes.data(), out.bytes.size());
  return absl::OkStatus();
}

absl::Status ReadToken(absl::string_view word, TokenDigest& out) {
  if (word.substr(0, kDigestPrefix.size()) == kDigestPrefix) {
    return ReadDigest(word.substr(kDigestPrefix.size()), out);
  }
  if (word.size() < kMinTokenBytes || word.size() > kMaxTokenBytes) {
    return Wrong(absl::StrCat("the token has ", word.size(),
                              " characters, not ", kMinTokenBytes, " to ",
                              kMaxTokenBytes));
  }
  const bool right = std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("-._~+/=", c);
  });
  if (!right) {
    return Wrong(
        "the token has characters other than letters, digits and -._~+/=");
  }
  out = DigestToken(ToStd(word));
  return absl::OkStatus();
}

absl::Status ReadLine(absl::string_view line, TokenTable& out) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.size() != 3) {
    return Wrong("it is not a tenant, a role and a token with blanks between");
  }
  Credential credential{.tenant = std::string(words[0])};
  TokenDigest digest;
  absl::Status read = pool::CheckTenantName(credential.tenant);
  read.Update(ReadRole(words[1], credential.role));
  read.Update(ReadToken(words[2], digest));
  if (!read.ok()) return read;
  if (out.size() >= kMaxTokensOfFile) {
    return Wrong(absl::StrCat("there are more than ", kMaxTokensOfFile));
  }
  if (!out.emplace(digest, std::move(credential)).second) {
    return Wrong("the token stands in a line before");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenTable> ParseTokenFile(std::string_view text) {
  TokenTable table;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const absl::Status read = ReadLine(line, table);
    if (read.ok()) continue;
    return Wrong(absl::StrCat("line ", number, ": ", read.message()));
  }
  if (table.empty()) return Wrong("it has no token");
  return table;
}

}  // namespace parley::service

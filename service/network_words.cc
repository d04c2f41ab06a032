#include "service/network_words.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"
#include "service/flags.h"

namespace parley::service {
namespace {

// A list, comma by comma; nothing of one that has a wrong word.
template <typename Value, typename Parse>
absl::Status ReadEach(std::string_view text, const Parse& parse,
                      const char* wrong, std::vector<Value>& out) {
  std::vector<std::string> words;
  if (absl::Status read = ReadList(text, words); !read.ok()) return read;
  std::vector<Value> values;
  for (const std::string& word : words) {
    const auto value = parse(word);
    if (!value) {
      return absl::InvalidArgumentError(absl::StrCat("\"", word, "\" ", wrong));
    }
    values.push_back(*value);
  }
  out = std::move(values);
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadPortRange(std::string_view text, ice::TransportOptions& out) {
  const size_t hyphen = text.find('-');
  uint64_t first = 0;
  uint64_t last = 0;
  if (hyphen == std::string_view::npos ||
      !ReadNumber(text.substr(0, hyphen), {1, 65535}, first).ok() ||
      !ReadNumber(text.substr(hyphen + 1), {1, 65535}, last).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", ToAbsl(text.substr(0, 80)),
                     "\" is not FIRST-LAST with ports from 1 to "
                     "65535"));
  }
  if (first > last) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the first port, ", first, ", lies above the last, ", last));
  }
  out.min_port = static_cast<uint16_t>(first);
  out.max_port = static_cast<uint16_t>(last);
  return absl::OkStatus();
}

absl::Status ReadUdpPort(std::string_view text,
                         std::optional<ice::SinglePortOptions>& out) {
  uint64_t port = 0;
  if (absl::Status read = ReadNumber(text, {0, 65535}, port); !read.ok()) {
    return read;
  }
  out.reset();
  if (port != 0) out.emplace().port = static_cast<uint16_t>(port);
  return absl::OkStatus();
}

absl::Status ReadAddresses(std::string_view text,
                           std::vector<std::string>& out) {
  const auto parse = [](const std::string& word) {
    const bool right = ice::IpAddress::Parse(word).has_value();
    return right ? std::optional(word) : std::nullopt;
  };
  return ReadEach(text, parse, "is not an IP address", out);
}

absl::Status ReadExternalAddresses(std::string_view text,
                                   std::vector<ice::ExternalAddress>& out) {
  return ReadEach(text, ice::ExternalAddress::Parse,
                  "is neither EXTERNAL nor LOCAL=EXTERNAL with IP addresses of "
                  "one family",
                  out);
}

absl::Status ReadNetworks(std::string_view text,
                          std::vector<ice::IpNetwork>& out) {
  return ReadEach(text, ice::IpNetwork::Parse,
                  "is no network such as 10.0.0.0/8, and no IP address", out);
}

}  // namespace parley::service

#include "service/network_words.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"
#include "service/flags.h"

namespace parley::service {

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
  std::vector<std::string> addresses;
  if (absl::Status read = ReadList(text, addresses); !read.ok()) return read;
  for (const std::string& address : addresses) {
    in6_addr parsed;
    if (inet_pton(AF_INET, address.c_str(), &parsed) != 1 &&
        inet_pton(AF_INET6, address.c_str(), &parsed) != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", address, "\" is not an IP address"));
    }
  }
  out = std::move(addresses);
  return absl::OkStatus();
}

absl::Status ReadExternalAddresses(std::string_view text,
                                   std::vector<ice::ExternalAddress>& out) {
  std::vector<std::string> words;
  if (absl::Status read = ReadList(text, words); !read.ok()) return read;
  std::vector<ice::ExternalAddress> rules;
  for (const std::string& word : words) {
    const auto rule = ice::ExternalAddress::Parse(word);
    if (!rule) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", word,
                       "\" is neither EXTERNAL nor LOCAL=EXTERNAL with IP "
                       "addresses of one family"));
    }
    rules.push_back(*rule);
  }
  out = std::move(rules);
  return absl::OkStatus();
}

absl::Status ReadNetworks(std::string_view text,
                          std::vector<ice::IpNetwork>& out) {
  std::vector<std::string> words;
  if (absl::Status read = ReadList(text, words); !read.ok()) return read;
  std::vector<ice::IpNetwork> networks;
  for (const std::string& word : words) {
    const auto network = ice::IpNetwork::Parse(word);
    if (!network) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", word,
                       "\" is no network such as 10.0.0.0/8, and no "
                       "IP address"));
    }
    networks.push_back(*network);
  }
  out = std::move(networks);
  return absl::OkStatus();
}

}  // namespace parley::service

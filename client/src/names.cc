#include "parley/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"

namespace parley::client {
namespace {

constexpr std::string_view kPeers = "peers/";
constexpr std::string_view kCertificates = "certificates/";

// SIGNALING_STATE of SignalingState: buf's rule for the prefix of values.
std::string ValuePrefix(const std::string& type) {
  std::string prefix;
  for (const char c : type) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return prefix + '_';
}

}  // namespace

std::string_view NodeOf(std::string_view name) {
  for (const std::string_view collection : {kPeers, kCertificates}) {
    if (name.substr(0, collection.size()) != collection) continue;
    const std::string_view id =
        name.substr(0, name.find('/', collection.size()))
            .substr(collection.size());
    const size_t stop = id.find('.');
    return stop == std::string_view::npos ? std::string_view()
                                          : id.substr(0, stop);
  }
  return {};
}

std::string_view PeerOf(std::string_view name) {
  if (name.substr(0, kPeers.size()) != kPeers) return {};
  return name.substr(0, name.find('/', kPeers.size()));
}

std::string W3cName(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* descriptor = type.FindValueByNumber(value);
  if (descriptor == nullptr) return std::to_string(value);
  std::string name(
      absl::StripPrefix(descriptor->name(), ValuePrefix(type.name())));
  absl::AsciiStrToLower(&name);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace parley::client

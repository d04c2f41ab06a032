#include "core/pool/names.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/errors.h"

namespace parley::pool {
namespace {

constexpr std::string_view kPeers = "peers/";
constexpr std::string_view kCertificates = "certificates/";
constexpr std::string_view kTransceivers = "/transceivers/";
constexpr std::string_view kDataChannels = "/dataChannels/";

bool IsLowerAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsDnsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxNodeBytes &&
         label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

absl::Status NotAName(std::string_view name, std::string_view form) {
  std::string shown(name.substr(0, kMaxNameBytes));
  return MakeError(Reason::kArgument,
                   "'" + shown + "' is not a name of the form " +
                       std::string(form) + "; use the name the server gave",
                   {{"field", "name"}});
}

// A name directly below the root: COLLECTION{node}.{epoch}{random}.
absl::StatusOr<ParsedName> ParseRootName(std::string_view name,
                                         std::string_view collection,
                                         std::string_view form) {
  if (name.size() > kMaxNameBytes || !name.starts_with(collection)) {
    return NotAName(name, form);
  }
  const std::string_view id = name.substr(collection.size());
  const size_t dot = id.find('.');
  if (dot == std::string_view::npos || !IsDnsLabel(id.substr(0, dot))) {
    return NotAName(name, form);
  }
  const std::string_view life = id.substr(dot + 1);
  if (life.size() != kEpochChars + kRandomChars ||
      !std::all_of(life.begin(), life.end(), IsLowerAlnum)) {
    return NotAName(name, form);
  }
  return ParsedName{.owner = name,
                    .node = id.substr(0, dot),
                    .epoch = life.substr(0, kEpochChars)};
}

std::string NewName(std::string_view collection, const Identity& identity,
                    Random& random) {
  std::string name(collection);
  name.append(identity.node).append(".").append(identity.epoch);
  return name.append(random.Token(kRandomChars));
}

absl::StatusOr<ParsedName> ParseChildName(std::string_view name,
                                          std::string_view collection,
                                          std::string_view form) {
  const size_t at = name.find(collection);
  if (name.size() > kMaxNameBytes || at == std::string_view::npos) {
    return NotAName(name, form);
  }
  auto parsed = ParsePeerName(name.substr(0, at));
  if (!parsed.ok()) return NotAName(name, form);
  const std::string_view id = name.substr(at + collection.size());
  const char* end = id.data() + id.size();
  const auto [stop, error] = std::from_chars(id.data(), end, parsed->child);
  // One child, one name: no leading zeros.
  if (error != std::errc() || stop != end || id.front() == '0') {
    return NotAName(name, form);
  }
  return parsed;
}

std::string ChildName(std::string_view peer, std::string_view collection,
                      uint64_t id) {
  std::string name;
  name.reserve(peer.size() + collection.size() + 8);
  name.append(peer).append(collection).append(std::to_string(id));
  return name;
}

}  // namespace

absl::StatusOr<Identity> Identity::Make(std::string node, Random& random) {
  if (!IsDnsLabel(node)) {
    return MakeError(Reason::kArgument,
                     "the node name '" + node +
                         "' must be a DNS label: lower-case letters, digits "
                         "and '-', at most 63 characters",
                     {{"field", "node"}});
  }
  return Identity{std::move(node), random.Token(kEpochChars)};
}

std::string NewPeerName(const Identity& identity, Random& random) {
  return NewName(kPeers, identity, random);
}

std::string NewCertificateName(const Identity& identity, Random& random) {
  return NewName(kCertificates, identity, random);
}

absl::StatusOr<ParsedName> ParsePeerName(std::string_view name) {
  return ParseRootName(name, kPeers, "peers/{id}");
}

absl::StatusOr<ParsedName> ParseCertificateName(std::string_view name) {
  return ParseRootName(name, kCertificates, "certificates/{id}");
}

absl::StatusOr<ParsedName> ParseTransceiverName(std::string_view name) {
  return ParseChildName(name, kTransceivers, "peers/{id}/transceivers/{id}");
}

absl::StatusOr<ParsedName> ParseDataChannelName(std::string_view name) {
  return ParseChildName(name, kDataChannels, "peers/{id}/dataChannels/{id}");
}

absl::Status CheckHome(const Identity& identity, const ParsedName& name) {
  const bool certificate = name.owner.starts_with(kCertificates);
  const std::string what = certificate ? "certificate" : "peer";
  if (name.node != identity.node) {
    return MakeError(
        Reason::kWrongNode,
        "the " + what + " lives on node '" + std::string(name.node) +
            "', this is '" + identity.node +
            "'; send the call there (header parley-node)",
        {{what, std::string(name.owner)}, {"node", std::string(name.node)}});
  }
  if (name.epoch != identity.epoch) {
    return MakeError(
        certificate ? Reason::kCertificateUnknown : Reason::kPeerLost,
        "the " + what + " lived in an earlier run of node '" + identity.node +
            "' and ended with it; make a new one",
        {{what, std::string(name.owner)}});
  }
  return absl::OkStatus();
}

std::string TransceiverName(std::string_view peer, uint64_t id) {
  return ChildName(peer, kTransceivers, id);
}

std::string DataChannelName(std::string_view peer, uint64_t id) {
  return ChildName(peer, kDataChannels, id);
}

}  // namespace parley::pool

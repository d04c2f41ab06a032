#include "core/sdp/attribute_parser.h"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::sdp {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
constexpr char ToLower(char c) { return IsUpper(c) ? c - 'A' + 'a' : c; }

// Hexadecimal digits in upper case; '\0' for other characters.
constexpr auto kUpperHex = [] {
  std::array<char, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = c;
  for (char c = 'A'; c <= 'F'; ++c) {
    table[static_cast<size_t>(c)] = c;
    table[static_cast<size_t>(c - 'A' + 'a')] = c;
  }
  return table;
}();

// RFC 8851 10: rid-id.
bool IsRidId(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return IsDigit(c) || IsUpper(c) || IsLower(c) || c == '-' || c == '_';
  });
}

// Octets of the hash functions that RFC 8122 5 names; 0 for others.
size_t HashLength(std::string_view algorithm) {
  if (algorithm == "sha-256") return 32;
  if (algorithm == "sha-1") return 20;
  if (algorithm == "sha-224") return 28;
  if (algorithm == "sha-384") return 48;
  if (algorithm == "sha-512") return 64;
  if (algorithm == "md5" || algorithm == "md2") return 16;
  return 0;
}

bool ParseDirection(std::string_view value, Direction& out) {
  if (value == "sendrecv") {
    out = Direction::kSendRecv;
  } else if (value == "sendonly") {
    out = Direction::kSendOnly;
  } else if (value == "recvonly") {
    out = Direction::kRecvOnly;
  } else if (value == "inactive") {
    out = Direction::kInactive;
  } else {
    return false;
  }
  return true;
}

// More than any encoder makes; a line of thousands would cost its receiver a
// hundred times its size.
constexpr size_t kMaxSimulcastRids = 128;

// "a;b,~c" of a=simulcast.
Problem ParseSimulcastStreams(std::string_view list,
                              std::vector<SimulcastStream>& out) {
  size_t rids = 0;
  while (true) {
    const size_t end = list.find(';');
    std::string_view alternatives = list.substr(0, end);
    SimulcastStream& stream = out.emplace_back();
    while (true) {
      const size_t comma = alternatives.find(',');
      std::string_view id = alternatives.substr(0, comma);
      const bool paused = id.starts_with('~');
      if (paused) id.remove_prefix(1);
      if (!IsRidId(id)) return "needs rids separated by ';' and ','";
      if (++rids > kMaxSimulcastRids) return "names more than 128 rids";
      stream.push_back({.rid = std::string(id), .paused = paused});
      if (comma == std::string_view::npos) break;
      alternatives.remove_prefix(comma + 1);
    }
    if (end == std::string_view::npos) return nullptr;
    list.remove_prefix(end + 1);
  }
}

}  // namespace

Problem ParseConnection(std::string_view value, Connection& out) {
  if (TakeWord(value) != "IN") return "needs the network type IN";
  std::string_view family = TakeWord(value);
  if (family == "IP4") {
    out.family = AddressFamily::kIp4;
  } else if (family == "IP6") {
    out.family = AddressFamily::kIp6;
  } else {
    return "needs the address type IP4 or IP6";
  }
  std::string_view address = TakeWord(value);
  if (address.empty()) return "lacks an address";
  if (!TrimLeft(value).empty()) return "has more than one address";
  out.address = address;
  return nullptr;
}

Problem ParseBandwidth(std::string_view value, Bandwidth& out) {
  const size_t colon = value.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return "needs the form type:value";
  }
  if (!ParseNumber(value.substr(colon + 1), out.value)) {
    return "needs a number that is not negative";
  }
  out.type = value.substr(0, colon);
  return nullptr;
}

Problem ParseGroup(std::string_view value, Group& out) {
  out.semantics = TakeWord(value);
  if (out.semantics.empty()) return "lacks the semantics";
  for (auto mid = TakeWord(value); !mid.empty(); mid = TakeWord(value)) {
    out.mids.emplace_back(mid);
  }
  return nullptr;
}

Problem ParseFingerprint(std::string_view value, Fingerprint& out) {
  out.algorithm = TakeWord(value);
  std::transform(out.algorithm.begin(), out.algorithm.end(),
                 out.algorithm.begin(), ToLower);
  std::string_view octets = TrimLeft(value);
  if (octets.empty()) return "needs a hash function and a fingerprint";
  if (octets.size() % 3 != 2) return "needs octets of two hexadecimal digits";
  const size_t expected = HashLength(out.algorithm);
  if (expected != 0 && (octets.size() + 1) / 3 != expected) {
    return "has not the length that its hash function makes";
  }
  out.value.resize(octets.size());
  bool valid = true;
  for (size_t i = 0; i < octets.size(); i += 3) {
    const char high = kUpperHex[static_cast<unsigned char>(octets[i])];
    const char low = kUpperHex[static_cast<unsigned char>(octets[i + 1])];
    out.value[i] = high;
    out.value[i + 1] = low;
    valid = valid && high != '\0' && low != '\0';
    if (i + 2 == octets.size()) break;
    out.value[i + 2] = ':';
    valid = valid && octets[i + 2] == ':';
  }
  return valid ? nullptr : "needs hexadecimal octets separated by colons";
}

Problem ParseSetup(std::string_view value, Setup& out) {
  if (value == "actpass") {
    out = Setup::kActpass;
  } else if (value == "active") {
    out = Setup::kActive;
  } else if (value == "passive") {
    out = Setup::kPassive;
  } else if (value == "holdconn") {
    out = Setup::kHoldconn;
  } else {
    return "needs to be actpass, active, passive or holdconn";
  }
  return nullptr;
}

Problem ParseIceOptions(std::string_view value, std::vector<std::string>& out) {
  while (true) {
    const size_t end = value.find_first_of(" ,");
    if (end != 0 && !value.empty()) out.emplace_back(value.substr(0, end));
    if (end == std::string_view::npos) break;
    value.remove_prefix(end + 1);
  }
  return out.empty() ? "lacks an option" : nullptr;
}

Problem ParseRemoteCandidates(std::string_view value,
                              std::vector<RemoteCandidate>& out) {
  for (auto word = TakeWord(value); !word.empty(); word = TakeWord(value)) {
    RemoteCandidate& candidate = out.emplace_back();
    candidate.address = TakeWord(value);
    if (!ParseNumber(word, candidate.component) || candidate.address.empty() ||
        !ParseNumber(TakeWord(value), candidate.port)) {
      return "needs a component, an address and a port each";
    }
  }
  return out.empty() ? "lacks a candidate" : nullptr;
}

Problem ParseExtMap(std::string_view value, ExtMap& out) {
  std::string_view direction = TakeWord(value);
  const size_t slash = direction.find('/');
  std::string_view id = direction.substr(0, slash);
  const bool valid =
      ParseNumber(id, out.id) &&
      ((out.id >= 1 && out.id <= 255) || (out.id >= 4096 && out.id <= 4351));
  if (!valid) return "needs an id of 1 to 255 or 4096 to 4351";
  if (slash != std::string_view::npos) {
    if (!ParseDirection(direction.substr(slash + 1), out.direction.emplace())) {
      return "has an unknown direction";
    }
  }
  out.uri = TakeWord(value);
  if (out.uri.empty()) return "lacks a URI";
  out.attributes = TrimLeft(value);
  return nullptr;
}

Problem ParseEncoding(std::string_view value, Codec& out) {
  std::string_view name = TakeUntil(value, '/');
  const bool has_channels = value.find('/') != std::string_view::npos;
  if (name.empty() || name.find(' ') != std::string_view::npos) {
    return "needs an encoding name and a clock rate";
  }
  if (!ParseNumber(TakeUntil(value, '/'), out.clock_rate)) {
    return "needs a clock rate below 2^32";
  }
  out.channels = 1;
  if (has_channels && (!ParseNumber(value, out.channels) || !out.channels)) {
    return "has a number of channels that is not one";
  }
  out.name = name;
  return nullptr;
}

Problem ParseRtcpAddress(std::string_view value, RtcpAddress& out) {
  if (!ParseNumber(TakeWord(value), out.port)) return "needs a port";
  value = TrimLeft(value);
  return value.empty() ? nullptr
                       : ParseConnection(value, out.connection.emplace());
}

Problem ParseMsid(std::string_view value, Msid& out) {
  out.stream_id = TakeWord(value);
  if (out.stream_id.empty()) return "lacks a stream id";
  out.track_id = TakeWord(value);
  return TrimLeft(value).empty() ? nullptr : "has more than two ids";
}

Problem ParseSsrc(std::string_view value, SsrcAttribute& out) {
  if (!ParseNumber(TakeWord(value), out.ssrc)) {
    return "needs an SSRC of 0 to 4294967295";
  }
  value = TrimLeft(value);
  out.name = TrimRight(TakeUntil(value, ':'));
  out.value = value;
  return nullptr;
}

Problem ParseSsrcGroup(std::string_view value, SsrcGroup& out) {
  out.semantics = TakeWord(value);
  if (out.semantics.empty()) return "lacks the semantics";
  for (auto word = TakeWord(value); !word.empty(); word = TakeWord(value)) {
    if (!ParseNumber(word, out.ssrcs.emplace_back())) {
      return "needs SSRCs of 0 to 4294967295";
    }
  }
  return nullptr;
}

Problem ParseRid(std::string_view value, Rid& out) {
  out.id = TakeWord(value);
  if (!IsRidId(out.id)) return "needs an id of letters, digits, '-' and '_'";
  std::string_view direction = TakeWord(value);
  if (direction == "send") {
    out.direction = RidDirection::kSend;
  } else if (direction == "recv") {
    out.direction = RidDirection::kRecv;
  } else {
    return "needs the direction send or recv";
  }
  out.restrictions = TrimLeft(value);
  return nullptr;
}

Problem ParseSimulcast(std::string_view value, Simulcast& out) {
  if (TrimLeft(value).empty()) return "lacks a direction and its streams";
  for (auto word = TakeWord(value); !word.empty(); word = TakeWord(value)) {
    std::vector<SimulcastStream>* streams = word == "send"   ? &out.send
                                            : word == "recv" ? &out.recv
                                                             : nullptr;
    if (streams == nullptr) return "has a direction other than send and recv";
    if (!streams->empty()) return "says the same direction twice";
    if (Problem problem = ParseSimulcastStreams(TakeWord(value), *streams)) {
      return problem;
    }
  }
  return nullptr;
}

Problem ParseSctpMap(std::string_view value, SctpMap& out) {
  if (!ParseNumber(TakeWord(value), out.port)) return "needs a port";
  out.protocol = TakeWord(value);
  if (out.protocol.empty()) return "lacks a protocol";
  value = TrimLeft(value);
  if (!value.empty() && !ParseNumber(value, out.streams.emplace())) {
    return "has a number of streams that is not one";
  }
  return nullptr;
}

}  // namespace parley::sdp

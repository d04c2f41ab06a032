#include "core/sdp/candidate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "core/base/errors.h"
#include "core/base/strings.h"
#include "core/sdp/candidate_line.h"
#include "core/sdp/scanner.h"
#include "core/sdp/writer.h"

namespace parley::sdp {
namespace {

constexpr std::string_view kTransportNames[] = {"udp", "tcp"};
constexpr std::string_view kTypeNames[] = {"host", "srflx", "prflx", "relay"};
constexpr std::string_view kTcpTypeNames[] = {"active", "passive", "so"};

bool SameWord(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(ToAbsl(a), ToAbsl(b));
}

// The value of an enum whose names stand in order in `names`; the one after the
// last where the word is none of them.
template <typename Enum, size_t kSize>
Enum FindName(const std::string_view (&names)[kSize], std::string_view word) {
  size_t i = 0;
  while (i < kSize && !SameWord(names[i], word)) ++i;
  return static_cast<Enum>(i);
}

// Whether the extension has a field of its own that can hold its value and does
// not yet hold one; all others go to the list.
bool TakeExtension(std::string_view name, std::string_view value,
                   Candidate& out) {
  if (value.empty()) return false;
  if (name == "raddr") {
    if (!out.related_address.empty()) return false;
    out.related_address = value;
    return true;
  }
  if (name == "rport") {
    uint16_t port = 0;
    if (out.related_port || !ParseNumber(value, port)) return false;
    out.related_port = port;
    return true;
  }
  if (name == "tcptype") {
    const auto type = FindName<size_t>(kTcpTypeNames, value);
    if (out.tcp_type || type == std::size(kTcpTypeNames)) return false;
    out.tcp_type = static_cast<TcpType>(type);
    return true;
  }
  if (name == "ufrag") {
    if (!out.ufrag.empty()) return false;
    out.ufrag = value;
    return true;
  }
  return false;
}

absl::Status SyntaxError(const char* problem) {
  return MakeError(Reason::kCandidateSyntax,
                   std::string("The candidate ") + problem);
}

std::string_view TransportName(const Candidate& candidate) {
  return candidate.transport == CandidateTransport::kOther
             ? candidate.other_transport
             : kTransportNames[static_cast<size_t>(candidate.transport)];
}

std::string_view TypeName(const Candidate& candidate) {
  return candidate.type == CandidateType::kOther
             ? candidate.other_type
             : kTypeNames[static_cast<size_t>(candidate.type)];
}

// A dotted quad of numbers of 0 to 255.
bool IsIp4(std::string_view address) {
  for (int i = 0; i < 4; ++i) {
    const bool last = i == 3;
    if (!last && address.find('.') == std::string_view::npos) return false;
    std::string_view part = last ? address : TakeUntil(address, '.');
    uint8_t number = 0;
    if (part.size() > 3 || !ParseNumber(part, number)) return false;
  }
  return true;
}

}  // namespace

Problem ParseCandidateValue(std::string_view value, Candidate& out) {
  out.foundation = TakeWord(value);
  if (out.foundation.empty()) return "lacks a foundation";
  if (!ParseNumber(TakeWord(value), out.component)) {
    return "needs a component number";
  }
  std::string_view transport = TakeWord(value);
  if (transport.empty()) return "lacks a transport";
  out.transport = FindName<CandidateTransport>(kTransportNames, transport);
  if (out.transport == CandidateTransport::kOther) {
    out.other_transport = transport;
  }
  if (!ParseNumber(TakeWord(value), out.priority)) {
    return "needs a priority below 2^32";
  }
  out.address = TakeWord(value);
  if (!ParseNumber(TakeWord(value), out.port)) {
    return "needs an address and a port of 0 to 65535";
  }
  if (TakeWord(value) != "typ") return "needs \"typ\" after the port";
  std::string_view type = TakeWord(value);
  if (type.empty()) return "lacks a type";
  out.type = FindName<CandidateType>(kTypeNames, type);
  if (out.type == CandidateType::kOther) out.other_type = type;

  for (auto name = TakeWord(value); !name.empty(); name = TakeWord(value)) {
    std::string_view extension = TakeWord(value);
    if (TakeExtension(name, extension, out)) continue;
    out.extensions.push_back(
        {.name = std::string(name), .value = std::string(extension)});
  }
  return nullptr;
}

void WriteCandidate(const Candidate& candidate, Writer& writer) {
  writer.Write("candidate:", candidate.foundation, ' ', candidate.component,
               ' ', TransportName(candidate), ' ', candidate.priority, ' ',
               candidate.address, ' ', candidate.port, " typ ",
               TypeName(candidate));
  if (!candidate.related_address.empty()) {
    writer.Write(" raddr ", candidate.related_address);
  }
  if (candidate.related_port) writer.Write(" rport ", *candidate.related_port);
  if (candidate.tcp_type) {
    writer.Write(" tcptype ",
                 kTcpTypeNames[static_cast<size_t>(*candidate.tcp_type)]);
  }
  if (!candidate.ufrag.empty()) writer.Write(" ufrag ", candidate.ufrag);
  for (const CandidateExtension& extension : candidate.extensions) {
    writer.Write(' ', extension.name);
    if (!extension.value.empty()) writer.Write(' ', extension.value);
  }
}

absl::StatusOr<Candidate> ParseCandidate(std::string_view line) {
  if (line.size() > kMaxCandidateBytes) {
    return SyntaxError("is longer than any candidate can be");
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  const bool has_control = std::any_of(line.begin(), line.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
  if (has_control) return SyntaxError("has a control character");
  if (line.starts_with("a=")) line.remove_prefix(2);
  constexpr std::string_view kPrefix = "candidate:";
  if (!line.starts_with(kPrefix)) {
    return SyntaxError("needs \"candidate:\" at its start");
  }
  line.remove_prefix(kPrefix.size());
  absl::StatusOr<Candidate> candidate(absl::in_place);
  if (Problem problem = ParseCandidateValue(line, *candidate)) {
    return SyntaxError(problem);
  }
  return candidate;
}

void PrintCandidate(const Candidate& candidate, std::string& out) {
  Writer writer(out, 128);
  WriteCandidate(candidate, writer);
}

AddressKind KindOfAddress(std::string_view address) {
  if (address.find(':') != std::string_view::npos) return AddressKind::kIp6;
  if (IsIp4(address)) return AddressKind::kIp4;
  if (absl::EndsWithIgnoreCase(ToAbsl(address), ".local")) {
    return AddressKind::kMdnsName;
  }
  return AddressKind::kName;
}

}  // namespace parley::sdp

#include "client/src/token_source.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "client/src/strings.h"

namespace parley::client::internal {
namespace {

constexpr absl::Duration kReadAgain = absl::Seconds(1);

// The host of "host:port", "[host]:port" or "host".
std::string_view HostOf(std::string_view address) {
  if (address.starts_with('[')) {
    return address.substr(1, address.find(']') - 1);
  }
  const size_t colon = address.find(':');
  // More than one: an IPv6 address without a port.
  if (colon != address.rfind(':')) return address;
  return address.substr(0, colon);
}

bool IsIpv4(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isdigit(c) || c == '.';
  });
}

// gRPC ends the process for what is none.
bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
}

}  // namespace

std::string TokenSource::Get() {
  absl::MutexLock lock(&mutex_);
  if (path_.empty()) return IsToken(token_) ? token_ : "";
  const absl::Time now = absl::Now();
  // Also when the clock was set back.
  if (read_at_ <= now && now < read_at_ + kReadAgain) return token_;
  read_at_ = now;
  std::ifstream in(path_, std::ios::binary);
  if (!in) return token_;
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto token = absl::StripAsciiWhitespace(text);
  // A file that is just being written keeps the one before.
  if (!in.bad() && IsToken({token.data(), token.size()})) {
    token_ = std::string(token);
  }
  return token_;
}

bool StaysOnThisMachine(std::string_view target) {
  if (target.starts_with("unix:") || target.starts_with("unix-abstract:")) {
    return true;
  }
  for (const std::string_view scheme : {"dns:", "ipv4:", "ipv6:"}) {
    if (target.starts_with(scheme)) {
      target.remove_prefix(scheme.size());
      break;
    }
  }
  // "dns://server/name:port", mostly without a server.
  if (target.starts_with("//")) {
    target.remove_prefix(std::min(target.find('/', 2), target.size() - 1) + 1);
  }
  // Of several addresses one may lie elsewhere.
  if (target.find(',') != std::string_view::npos) return false;
  const std::string_view host = HostOf(target);
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && IsIpv4(host));
}

}  // namespace parley::client::internal

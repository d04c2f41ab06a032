#include "service/unary.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"
#include "core/pool/names.h"
#include "service/convert_basic.h"

namespace parley::service {
namespace {

constexpr size_t kMaxRequestIdBytes = 128;

}  // namespace

absl::Status NotBuilt(std::string_view method) {
  return MakeError(Reason::kNotBuilt,
                   absl::StrCat(ToAbsl(method), " is not built yet"),
                   {{"operation", std::string(method)}});
}

absl::Status CheckRequestId(std::string_view request_id) {
  if (request_id.size() > kMaxRequestIdBytes) {
    return TooMuch("request_id", request_id.size(), "bytes",
                   kMaxRequestIdBytes);
  }
  for (const char c : request_id) {
    if (c < 0x20 || c > 0x7E) {
      return BadField("request_id",
                      "has characters other than printable ASCII");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<sctp::ChannelKey> ToChannelKey(uint64_t child) {
  if (child > std::numeric_limits<sctp::ChannelKey>::max()) {
    return MakeError(Reason::kChannelUnknown,
                     "the peer has no such data channel; GetPeer shows those "
                     "it has",
                     {{"field", "name"}});
  }
  return static_cast<sctp::ChannelKey>(child);
}

absl::StatusOr<Subject> Find(pool::Pool& pool, Named named,
                             std::string_view name) {
  Subject subject;
  if (name.empty()) return BadField("name", "is missing");
  if (named != Named::kPeer) {
    const auto parsed = named == Named::kTransceiver
                            ? pool::ParseTransceiverName(name)
                            : pool::ParseDataChannelName(name);
    if (!parsed.ok()) return parsed.status();
    name = parsed->owner;
    subject.child = parsed->child;
  }
  auto peer = pool.Find(name);
  if (!peer.ok()) return peer.status();
  subject.peer = *std::move(peer);
  return subject;
}

}  // namespace parley::service

#include "service/unary.h"

#include <algorithm>
#include <limits>

#include "core/pool/names.h"
#include "service/convert_basic.h"

namespace parley::service {
namespace {

constexpr size_t kMaxRequestIdBytes = 128;

}  // namespace

void Ending::Note(peer::Peer& peer, const absl::Status& status,
                  jsep::SignalingState state,
                  std::optional<absl::Duration> turn) const {
  const absl::Duration now = core_->clock.Monotonic();
  const absl::Duration came = turn.value_or(peer.turn_came());
  // One that was refused before its turn did not run.
  const bool ran = came >= began_;
  peer.history().Add(peer::OperationRecord{
      method_.name(), core_->clock.Now() - (now - began_),
      ran ? came - began_ : now - began_,
      ran ? now - came : absl::ZeroDuration(), status, state});
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

absl::StatusOr<Subject> Find(pool::Pool& pool, const Caller& caller,
                             Named named, std::string_view name) {
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
  auto peer = pool.Find(*caller.tenant, name);
  if (!peer.ok()) return peer.status();
  subject.peer = *std::move(peer);
  return subject;
}

absl::StatusOr<pool::Member> FindAny(pool::Pool& pool, std::string_view name) {
  if (name.empty()) return BadField("name", "is missing");
  return pool.FindAny(name);
}

}  // namespace parley::service

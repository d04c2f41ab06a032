#include "tests/fuzz/words_fuzz.h"

#include <cstdio>
#include <cstdlib>

#include "core/crypto/fingerprint.h"
#include "core/ice/external_addresses.h"
#include "core/ice/ice_server.h"
#include "core/ice/ip_address.h"
#include "core/pool/names.h"

namespace parley::fuzz {
namespace {

void Expect(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

bool Within(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() &&
         part.data() + part.size() <= whole.data() + whole.size();
}

void Names(std::string_view input) {
  const auto check = [&](const absl::StatusOr<pool::ParsedName>& name) {
    if (!name.ok()) return false;
    Expect(input.size() <= pool::kMaxNameBytes, "long names are refused");
    Expect(Within(name->owner, input) && Within(name->node, input) &&
               Within(name->epoch, input),
           "a name's parts are of the name");
    return true;
  };
  if (const auto name = pool::ParsePeerName(input); check(name)) {
    Expect(name->owner == input, "a peer has no owner");
  }
  check(pool::ParseCertificateName(input));
  if (const auto name = pool::ParseTransceiverName(input); check(name)) {
    Expect(pool::TransceiverName(name->owner, name->child) == input,
           "a transceiver has one name");
  }
  if (const auto name = pool::ParseDataChannelName(input); check(name)) {
    Expect(pool::DataChannelName(name->owner, name->child) == input,
           "a data channel has one name");
  }
}

void Addresses(std::string_view input) {
  if (const auto address = ice::IpAddress::Parse(input)) {
    Expect(ice::IpAddress::Parse(address->ToString()) == address,
           "an address is written as it was read");
    (void)address->IsUnusable();
    (void)address->Embedded();
  }
  if (const auto network = ice::IpNetwork::Parse(input)) {
    Expect(network->Contains(network->base), "a network has its base");
  }
  if (const auto external = ice::ExternalAddress::Parse(input)) {
    Expect(!external->external.IsUnusable(), "one can send to what is told");
  }
}

}  // namespace

void Words(std::string_view input) {
  Names(input);
  Addresses(input);
  const auto server = ice::ParseServerUrl(input);
  if (server.ok()) {
    const auto again = ice::ParseServerUrl(ice::ToUrl(*server));
    Expect(again.ok() && *again == *server, "a URL is written as it was read");
  }
  if (const auto one = crypto::ParseFingerprint(input); one.ok()) {
    Expect(crypto::SameFingerprint(*one, *one), "a fingerprint is itself");
  }
}

}  // namespace parley::fuzz

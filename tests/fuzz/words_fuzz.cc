#include "tests/fuzz/words_fuzz.h"

#include "core/crypto/fingerprint.h"
#include "core/ice/external_addresses.h"
#include "core/ice/ice_server.h"
#include "core/ice/ip_address.h"
#include "core/pool/names.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

bool Within(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() &&
         part.data() + part.size() <= whole.data() + whole.size();
}

void Names(std::string_view input) {
  const auto check = [&](const absl::StatusOr<pool::ParsedName>& name) {
    if (!name.ok()) return false;
    Require(input.size() <= pool::kMaxNameBytes, "long names are refused");
    Require(Within(name->owner, input) && Within(name->node, input) &&
                Within(name->epoch, input),
            "a name's parts are of the name");
    return true;
  };
  if (const auto name = pool::ParsePeerName(input); check(name)) {
    Require(name->owner == input, "a peer has no owner");
  }
  check(pool::ParseCertificateName(input));
  if (const auto name = pool::ParseTransceiverName(input); check(name)) {
    Require(pool::TransceiverName(name->owner, name->child) == input,
            "a transceiver has one name");
  }
  if (const auto name = pool::ParseDataChannelName(input); check(name)) {
    Require(pool::DataChannelName(name->owner, name->child) == input,
            "a data channel has one name");
  }
}

void Addresses(std::string_view input) {
  if (const auto address = ice::IpAddress::Parse(input)) {
    Require(ice::IpAddress::Parse(address->ToString()) == address,
            "an address is written as it was read");
    (void)address->IsUnusable();
    (void)address->Embedded();
  }
  if (const auto network = ice::IpNetwork::Parse(input)) {
    Require(network->Contains(network->base), "a network has its base");
  }
  if (const auto external = ice::ExternalAddress::Parse(input)) {
    Require(!external->external.IsUnusable(), "one can send to what is told");
  }
}

}  // namespace

void Words(std::string_view input) {
  Names(input);
  Addresses(input);
  const auto server = ice::ParseServerUrl(input);
  if (server.ok()) {
    const auto again = ice::ParseServerUrl(ice::ToUrl(*server));
    Require(again.ok() && *again == *server, "a URL is written as it was read");
  }
  if (const auto one = crypto::ParseFingerprint(input); one.ok()) {
    Require(crypto::SameFingerprint(*one, *one), "a fingerprint is itself");
  }
}

}  // namespace parley::fuzz

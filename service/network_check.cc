#include "service/network_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace parley::service {
namespace {

using ice::IpAddress;
using ice::LocalAddress;

std::string Listed(std::span<const LocalAddress> machine) {
  return absl::StrJoin(
      machine, ", ", [](std::string* out, const LocalAddress& local) {
        absl::StrAppend(out, local.address.ToString(), " on ", local.interface);
      });
}

// The flags that may have left no address.
std::vector<std::string> ChoosingFlags(const ice::AddressSelection& selection) {
  std::vector<std::string> flags;
  if (!selection.interfaces.empty()) flags.push_back("--interfaces");
  if (!selection.excluded_interfaces.empty()) {
    flags.push_back("--exclude-interfaces");
  }
  if (!selection.ipv4) flags.push_back("--ipv4");
  if (!selection.ipv6) flags.push_back("--ipv6");
  if (selection.loopback == ice::LoopbackUse::kNever) {
    flags.push_back("--loopback");
  }
  return flags;
}

// Of loopback a machine has more addresses than its interface shows.
bool Has(std::span<const LocalAddress> machine, const IpAddress& address) {
  return address.IsLoopback() || std::any_of(machine.begin(), machine.end(),
                                             [&](const LocalAddress& one) {
                                               return one.address == address;
                                             });
}

}  // namespace

absl::Status CheckNetwork(const ice::TransportOptions& options,
                          std::span<const LocalAddress> machine) {
  for (const std::string& text : options.addresses.addresses) {
    const std::optional<IpAddress> address = IpAddress::Parse(text);
    if (address && !Has(machine, *address)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--addresses: ", text,
                       " is not of this machine, which has ", Listed(machine)));
    }
  }
  const auto chosen = ice::SelectAddresses(options.addresses, machine);
  if (!chosen.ok()) return chosen.status();
  const std::vector<std::string> flags = ChoosingFlags(options.addresses);
  if (chosen->empty() && !flags.empty() && !machine.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        absl::StrJoin(flags, ", "),
        ": no address is left for peers; this machine has ", Listed(machine)));
  }
  for (const ice::ExternalAddress& rule : options.external.rules) {
    if (!rule.local || std::find(chosen->begin(), chosen->end(), *rule.local) !=
                           chosen->end()) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "--external-addresses: ", rule.local->ToString(),
        " is none of the local addresses that peers use; this machine has ",
        Listed(machine)));
  }
  return absl::OkStatus();
}

}  // namespace parley::service

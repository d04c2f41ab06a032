// Calls a server that is not there, and says what came of it.
#include <iostream>

#include "parley/client.h"
#include "parley/v1/negotiation_calls.pb.h"

int main() {
  const parley::client::Client client(
      parley::client::MakeConnection({.server = "unix:/nonexistent"}));
  const auto offer = client.CreateOffer("peers/local.1");
  std::cout << offer.status() << "\n";
  return absl::IsUnavailable(offer.status()) ? 0 : 1;
}

// The STUN of a full agent that controls, by libnice's codec: makes checks and
// reads the answers to them. Test threads only.
#ifndef PARLEY_TESTS_CORE_ICE_CHECK_CLIENT_H_
#define PARLEY_TESTS_CORE_ICE_CHECK_CLIENT_H_

#include <stun/stunagent.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ice/ice_types.h"
#include "core/ice/transport_address.h"

namespace parley::ice::testing {

using Bytes = std::vector<uint8_t>;

class CheckClient {
 public:
  struct Check {
    bool use_candidate = true;
    bool controlling = true;
    bool fingerprint = true;
    std::string remote_ufrag = "remoteufrag";
    // A comprehension-required attribute that nobody knows.
    bool unknown_attribute = false;
  };
  struct Answer {
    int error = 0;              // 0: success
    bool authentic = false;     // with the right MESSAGE-INTEGRITY
    TransportAddress mapped{};  // of a success
  };

  CheckClient();

  // A check for the one with these credentials. An empty pwd: without
  // integrity.
  Bytes Make(const Credentials& to, const Check& check);
  Bytes Make(const Credentials& to) { return Make(to, Check()); }
  // nullopt when it answers no check of this client.
  std::optional<Answer> Read(std::span<const uint8_t> datagram);

  static Bytes Indication();

 private:
  StunAgent agent_;
  StunAgent without_fingerprint_;
};

// The XOR-MAPPED-ADDRESS of a STUN message; nothing is verified.
std::optional<TransportAddress> MappedAddress(std::span<const uint8_t> message);

}  // namespace parley::ice::testing

#endif  // PARLEY_TESTS_CORE_ICE_CHECK_CLIENT_H_

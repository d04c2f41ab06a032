#include "core/ice/redirection.h"

#include <dlfcn.h>
#include <stun/usages/bind.h>
#include <stun/usages/turn.h>

#include <atomic>

namespace parley::ice {
namespace {

std::atomic<uint64_t> refused = 0;

// libnice's own function of this name.
template <typename Function>
Function* Original(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

uint64_t RedirectionsRefused() { return refused; }

}  // namespace parley::ice

// The dynamic linker gives libnice these when it calls functions of its own
// interface, because the program comes before its libraries.
extern "C" {

StunUsageTurnReturn stun_usage_turn_process(
    StunMessage* message, sockaddr_storage* relay, socklen_t* relay_size,
    sockaddr_storage* mapped, socklen_t* mapped_size,
    sockaddr_storage* alternate, socklen_t* alternate_size, uint32_t* bandwidth,
    uint32_t* lifetime, StunUsageTurnCompatibility compatibility) {
  static const auto original =
      parley::ice::Original<decltype(stun_usage_turn_process)>(
          "stun_usage_turn_process");
  if (original == nullptr) return STUN_USAGE_TURN_RETURN_ERROR;
  const StunUsageTurnReturn outcome =
      original(message, relay, relay_size, mapped, mapped_size, alternate,
               alternate_size, bandwidth, lifetime, compatibility);
  if (outcome != STUN_USAGE_TURN_RETURN_ALTERNATE_SERVER) return outcome;
  ++parley::ice::refused;
  return STUN_USAGE_TURN_RETURN_ERROR;
}

StunUsageBindReturn stun_usage_bind_process(StunMessage* message,
                                            sockaddr* mapped,
                                            socklen_t* mapped_size,
                                            sockaddr* alternate,
                                            socklen_t* alternate_size) {
  static const auto original =
      parley::ice::Original<decltype(stun_usage_bind_process)>(
          "stun_usage_bind_process");
  if (original == nullptr) return STUN_USAGE_BIND_RETURN_ERROR;
  const StunUsageBindReturn outcome =
      original(message, mapped, mapped_size, alternate, alternate_size);
  if (outcome != STUN_USAGE_BIND_RETURN_ALTERNATE_SERVER) return outcome;
  ++parley::ice::refused;
  return STUN_USAGE_BIND_RETURN_ERROR;
}

}  // extern "C"

// The STUN Binding request with which one end of a connected pair asks whether
// the other is there and wants to be sent to, and the answers to it (RFC 8445
// section 7.1, RFC 7675 section 5.1; RFC 8489). The codec is libnice's STUN
// library. Pure functions, but for the randomness of transaction ids.
#ifndef PARLEY_CORE_ICE_BINDING_CHECK_H_
#define PARLEY_CORE_ICE_BINDING_CHECK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/ice/ice_types.h"
#include "core/ice/transport_address.h"

namespace parley::ice {

// RFC 8489 section 5: 96 bits that nobody off the path can guess.
using TransactionId = std::array<uint8_t, 12>;

// A request whose username takes all of its 513 bytes has 592.
using BindingRequest = std::array<uint8_t, 640>;

// True of what RFC 7983 section 7 gives to STUN, by the first byte.
inline bool IsStun(std::span<const uint8_t> packet) {
  return !packet.empty() && packet[0] < 4;
}

// Writes a request to `out` and returns its size; `id` is then its transaction.
// `username` is "remote ufrag:local ufrag", `password` the remote end's. It
// never nominates, and never moves a role: should both ends have the same one,
// the other keeps it and answers kRoleConflict (RFC 8445 section 7.3.1.1).
// 0: it does not fit, the credentials are not of RFC 8839's form.
size_t WriteBindingRequest(std::string_view username, std::string_view password,
                           Role role, BindingRequest& out, TransactionId& id);

// The transaction that the packet answers, if it looks like an answer to a
// Binding request. Nothing is verified.
std::optional<TransactionId> TransactionOf(std::span<const uint8_t> packet);

// The first bytes that look like an answer to a Binding request, or like such a
// request, wherever a relay's framing puts them; empty when there are none.
// Nothing is verified.
std::span<const uint8_t> FindAnswer(std::span<const uint8_t> bytes);
std::span<const uint8_t> FindRequest(std::span<const uint8_t> bytes);

enum class BindingAnswer {
  kNone,          // not one, or not by someone who knows the password
  kSuccess,       //
  kRoleConflict,  // 487: nothing else is wrong
  kForbidden,     // 403: consent is revoked (RFC 7675 section 5.2)
  kError,         // any other
};

// A success answer, one that tells an IPv6 address, has 76.
using BindingSuccess = std::array<uint8_t, 96>;

// Writes to `out` the success answer to the request of that transaction, with
// the address that the request is said to have come from, and returns its size.
// `password` is that of the end which answers.
size_t WriteBindingSuccess(const TransactionId& id,
                           const TransportAddress& mapped,
                           std::string_view password, BindingSuccess& out);

// What the packet answers to the request of that transaction, integrity
// and fingerprint verified.
BindingAnswer ReadBindingAnswer(std::span<const uint8_t> packet,
                                const TransactionId& id,
                                std::string_view password);

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_BINDING_CHECK_H_

#include "tests/fuzz/ice_fuzz.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/ice/binding_check.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {}  // namespace

void IceBindingAnswer(std::string_view input) {
  using ice::BindingAnswer;
  // On the heap to the byte, so that a read beyond it is seen.
  const std::vector<uint8_t> packet(input.begin(), input.end());
  const std::optional<ice::TransactionId> id = ice::TransactionOf(packet);
  const auto found = ice::FindAnswer(packet);
  Require(found.empty() || ice::TransactionOf(found).has_value(),
          "what is found looks like an answer");
  const BindingAnswer answer = ice::ReadBindingAnswer(
      packet, id.value_or(ice::TransactionId{}), kBindingPassword);
  if (answer == BindingAnswer::kNone) return;
  Require(id.has_value(), "an answer has a transaction");
  Require(ice::IsStun(packet), "an answer is STUN by its first byte");
  ice::TransactionId other = *id;
  other[0] ^= 1;
  Require(ice::ReadBindingAnswer(packet, other, kBindingPassword) ==
              BindingAnswer::kNone,
          "an answer is to one transaction");
  Require(ice::ReadBindingAnswer(packet, *id, "another password") ==
              BindingAnswer::kNone,
          "an answer has one password");
}

}  // namespace parley::fuzz

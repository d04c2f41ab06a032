// Reading "key=value;key=value" lists: a=fmtp (RFC 8866 6.15) and the
// restrictions of a=rid (RFC 8851 4). Pure functions: safe from any thread.
#ifndef PARLEY_CORE_SDP_FMTP_H_
#define PARLEY_CORE_SDP_FMTP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/sdp/description.h"

namespace parley::sdp {

struct FmtpParameter {
  std::string_view key;    // without surrounding spaces
  std::string_view value;  // likewise; empty where there was no '='
};

// Takes the first parameter off the list. nullopt: it holds no more.
//   for (std::string_view rest = codec.fmtp; auto p = NextParameter(rest);)
std::optional<FmtpParameter> NextParameter(std::string_view& rest);

// The value of the first parameter of this name, which is compared without
// regard to case (RFC 4855 3). nullopt: there is none.
std::optional<std::string_view> FindParameter(std::string_view parameters,
                                              std::string_view key);

// The same as a number, in decimal. nullopt also where it is not one.
std::optional<uint32_t> FindNumber(std::string_view parameters,
                                   std::string_view key);

// Payload type of the codec that this one repairs or carries: `apt` of rtx
// (RFC 4588 8.6). nullopt: none, or not a payload type.
std::optional<uint8_t> AssociatedPayloadType(const Codec& codec);

// Replaces the value of a parameter or appends it.
void SetParameter(std::string& parameters, std::string_view key,
                  std::string_view value);

// Whether both lists hold the same parameters in any order.
bool SameParameters(std::string_view a, std::string_view b);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_FMTP_H_

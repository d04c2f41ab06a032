// UTF-8 as gRPC and Protocol Buffers demand it of every string. Pure functions.
#ifndef PARLEY_SERVICE_UTF8_H_
#define PARLEY_SERVICE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace parley::service {

// Whether the bytes are UTF-8: no surrogates, no overlong forms, nothing
// beyond U+10FFFF.
bool IsUtf8(std::string_view bytes);

// The bytes with U+FFFD in place of each maximal ill-formed part, as the
// Encoding Standard's decoder puts it.
std::string ToUtf8(std::string_view bytes);

// The same, cut to at most `max_bytes` between two code points. What was cut
// ends with "..." where that fits.
std::string ToBoundedUtf8(std::string_view bytes, size_t max_bytes);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_UTF8_H_

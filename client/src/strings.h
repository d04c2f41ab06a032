// Bridges between std::string_view and absl::string_view, which is a type of
// its own where Abseil was built for C++14. Stateless.
#ifndef PARLEY_CLIENT_SRC_STRINGS_H_
#define PARLEY_CLIENT_SRC_STRINGS_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace parley::client::internal {

inline absl::string_view ToAbsl(std::string_view s) {
  return absl::string_view(s.data(), s.size());
}

inline std::string_view ToStd(absl::string_view s) {
  return std::string_view(s.data(), s.size());
}

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_STRINGS_H_

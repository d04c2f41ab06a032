// Bridges between std::string_view, which Parley uses, and absl::string_view,
// which is a type of its own where Abseil was built for C++14. No state.
#ifndef PARLEY_CORE_BASE_STRINGS_H_
#define PARLEY_CORE_BASE_STRINGS_H_

#include <string_view>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace parley {

inline absl::string_view ToAbsl(std::string_view s) {
  return absl::string_view(s.data(), s.size());
}

inline std::string_view ToStd(absl::string_view s) {
  return std::string_view(s.data(), s.size());
}

}  // namespace parley

#endif  // PARLEY_CORE_BASE_STRINGS_H_

// What became of one line of text. Internal.
#ifndef PARLEY_CORE_SDP_OUTCOME_H_
#define PARLEY_CORE_SDP_OUTCOME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/sdp/description.h"
#include "core/sdp/scanner.h"

namespace parley::sdp {

struct Outcome {
  enum Kind : uint8_t {
    kTaken,     // it is in the typed part, or says nothing new
    kUnknown,   // it has no place there: keep it verbatim
    kConflict,  // it contradicts an earlier line: keep it verbatim
    kProblem,   // it is not SDP
    kLimit,     // it is more than a limit allows
  };

  Kind kind = kTaken;
  const char* text = nullptr;  // of kProblem: see Problem; kLimit: its name
};

// The outcome of a line whose value had to parse.
inline Outcome Strict(Problem problem) {
  if (problem == nullptr) return {};
  return {Outcome::kProblem, problem};
}

// The first value counts; another one later contradicts it.
template <typename T>
Outcome SetOnce(std::optional<T>& field, T value) {
  if (!field) {
    field = std::move(value);
    return {};
  }
  return {*field == value ? Outcome::kTaken : Outcome::kConflict};
}

// The same for a field of which the empty value means absent.
template <typename T>
Outcome SetOnce(T& field, T value) {
  if (field.empty()) {
    field = std::move(value);
    return {};
  }
  return {field == value ? Outcome::kTaken : Outcome::kConflict};
}

inline Outcome SetOnce(std::string& field, std::string_view value) {
  if (field.empty()) {
    field = value;
    return {};
  }
  return {field == value ? Outcome::kTaken : Outcome::kConflict};
}

inline Outcome SetFlag(bool& flag) {
  flag = true;
  return {};
}

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_OUTCOME_H_

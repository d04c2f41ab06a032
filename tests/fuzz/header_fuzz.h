// Fuzz entry point of the short texts that only the server reads: headers,
// tokens. An ordinary function which aborts, after saying why, when a
// reader breaks a promise. Safe from any thread.
#ifndef PARLEY_TESTS_FUZZ_HEADER_FUZZ_H_
#define PARLEY_TESTS_FUZZ_HEADER_FUZZ_H_

#include <string_view>

namespace parley::fuzz {

// To each of their readers: what can be read is written the same again.
void HeaderWords(std::string_view input);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_HEADER_FUZZ_H_

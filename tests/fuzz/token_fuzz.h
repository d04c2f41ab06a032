// Fuzz entry points of what says who calls: tokens, and the files of those who
// may. Ordinary functions which abort, after saying why, when a reader breaks a
// promise. Safe from any thread.
#ifndef PARLEY_TESTS_FUZZ_TOKEN_FUZZ_H_
#define PARLEY_TESTS_FUZZ_TOKEN_FUZZ_H_

#include <string_view>

namespace parley::fuzz {

// As a JSON Web Token: nobody has signed it, so that it counts for nobody.
void StrangeToken(std::string_view input);

// As the claims of one: what counts has a tenant and an end.
void TokenClaims(std::string_view input);

// As the file of static tokens: each of them has a tenant.
void TokenFile(std::string_view input);

// As a file of public keys, and then what these take for signed by them.
void KeyFile(std::string_view input);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_TOKEN_FUZZ_H_

// OpenSSL's per-thread error queue as text. Safe on any thread.
#ifndef PARLEY_CORE_CRYPTO_OPENSSL_ERROR_H_
#define PARLEY_CORE_CRYPTO_OPENSSL_ERROR_H_

#include <string>

namespace parley::crypto {

// Empties the calling thread's error queue and says what its oldest entry,
// the cause of the others, was; "unknown error" when there is none.
std::string TakeOpenSslError();

}  // namespace parley::crypto

#endif  // PARLEY_CORE_CRYPTO_OPENSSL_ERROR_H_

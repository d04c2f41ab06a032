#include "service/token_digest.h"

#include <cstdlib>
#include <memory>

#include "openssl/evp.h"

namespace parley::service {

// With a context for each thread, because making one costs more than to digest
// a token.
TokenDigest DigestToken(std::string_view token) {
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(
      EVP_MD_CTX_new());
  TokenDigest digest;
  if (EVP_DigestInit_ex2(context.get(), sha256, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), token.data(), token.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.bytes.data(), nullptr) != 1) {
    // Without SHA-256 nobody can be told from anybody else.
    abort();
  }
  return digest;
}

}  // namespace parley::service

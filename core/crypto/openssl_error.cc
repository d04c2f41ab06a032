#include "core/crypto/openssl_error.h"

#include <openssl/err.h>

namespace parley::crypto {

std::string TakeOpenSslError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  const char* reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  char text[128];
  ERR_error_string_n(code, text, sizeof(text));
  return text;
}

}  // namespace parley::crypto

// What all DTLS transports share: versions, cipher suites, groups, SRTP
// profiles (OpenSSL's SSL_CTX, which is too dear for one a transport).
// Never changes; safe for concurrent use.
#ifndef PARLEY_CORE_DTLS_DTLS_CONTEXT_H_
#define PARLEY_CORE_DTLS_DTLS_CONTEXT_H_

#include <memory>

#include "absl/status/statusor.h"

struct ssl_ctx_st;

namespace parley::dtls {

class Context {
 public:
  // INTERNAL when OpenSSL refuses.
  static absl::StatusOr<std::shared_ptr<Context>> Create();

  explicit Context(ssl_ctx_st* native) : native_(native) {}
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  ssl_ctx_st* native() const { return native_; }

 private:
  ssl_ctx_st* const native_;
};

}  // namespace parley::dtls

#endif  // PARLEY_CORE_DTLS_DTLS_CONTEXT_H_

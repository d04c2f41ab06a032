#include "core/dtls/dtls_context.h"

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "core/base/errors.h"
#include "core/crypto/openssl_error.h"
#include "core/crypto/openssl_ptr.h"
#include "core/dtls/dtls_session.h"

namespace parley::dtls {
namespace {

// AEAD with forward secrecy only; the first is the one RFC 8827 6.5 requires.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// P-256 as well as X25519: alone, X25519 would exclude P-256 certificates.
constexpr char kGroups[] = "X25519:P-256:P-384";

constexpr char kSignatures[] =
    "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:"
    "RSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA512:RSA+SHA512";

// GCM first: it costs a fifth of the other (RFC 7714, RFC 5764).
constexpr char kSrtpProfiles[] = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

// The remote's chain, which it shows before we know who it is.
constexpr long kMaxCertificateChain = 16 * 1024;

constexpr uint64_t kOptions = SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET |
                              SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                              SSL_OP_CIPHER_SERVER_PREFERENCE;

using NativePtr =
    std::unique_ptr<SSL_CTX, crypto::OpenSslDeleter<SSL_CTX_free>>;

bool Configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, kOptions);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kMaxCertificateChain);
  SSL_CTX_set_cert_verify_callback(context, Session::VerifyRemote, nullptr);
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_set1_sigalgs_list(context, kSignatures) == 1 &&
         // This one returns 0 for success.
         SSL_CTX_set_tlsext_use_srtp(context, kSrtpProfiles) == 0;
}

}  // namespace

absl::StatusOr<std::shared_ptr<Context>> Context::Create() {
  NativePtr native(SSL_CTX_new(DTLS_method()));
  if (native == nullptr || !Configure(native.get())) {
    return MakeError(Reason::kInternal, "OpenSSL cannot speak DTLS here: " +
                                            crypto::TakeOpenSslError());
  }
  return std::make_shared<Context>(native.release());
}

Context::~Context() { SSL_CTX_free(native_); }

}  // namespace parley::dtls

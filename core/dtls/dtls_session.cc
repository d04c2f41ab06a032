#include "core/dtls/dtls_session.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

#include "core/crypto/openssl_error.h"

namespace parley::dtls {
namespace {

// Lends the outbox to the BIO for the duration of one call into OpenSSL, and
// starts that call with a clean error queue, which SSL_get_error looks at.
class Call {
 public:
  Call(DatagramPort& port, Outbox& out) : port_(port) {
    port_.outgoing = &out;
    ERR_clear_error();
  }
  ~Call() {
    port_.outgoing = nullptr;
    port_.incoming = {};
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  DatagramPort& port_;
};

// The longest time that OpenSSL's timers take, in microseconds: over an hour.
constexpr unsigned kNever = 4'000'000'000;

std::vector<uint8_t> ToDer(X509* x509) {
  const int size = i2d_X509(x509, nullptr);
  if (size <= 0) return {};
  std::vector<uint8_t> der(static_cast<size_t>(size));
  uint8_t* out = der.data();
  i2d_X509(x509, &out);
  return der;
}

std::string_view GroupName(int nid) {
  switch (nid) {
    case NID_X25519:
      return "X25519";
    case NID_X9_62_prime256v1:
      return "P-256";
    case NID_secp384r1:
      return "P-384";
    default:
      return "";
  }
}

// OpenSSL keeps one certificate for each kind of key, the last one given.
bool Use(SSL* ssl, const crypto::CertificateList& certificates) {
  for (auto it = certificates.rbegin(); it != certificates.rend(); ++it) {
    const crypto::Certificate& certificate = **it;
    if (certificate.x509() == nullptr ||
        SSL_use_certificate(ssl, certificate.x509()) != 1 ||
        SSL_use_PrivateKey(ssl, certificate.private_key()) != 1) {
      return false;
    }
  }
  return !certificates.empty();
}

}  // namespace

std::unique_ptr<Session> Session::Create(
    Context& context, const crypto::CertificateList& certificates, Role role,
    std::span<const crypto::Fingerprint> accepted,
    const TransportOptions& options) {
  std::unique_ptr<Session> session(new Session(accepted, options));
  if (!session->Init(context, certificates, role)) return nullptr;
  return session;
}

bool Session::Init(Context& context,
                   const crypto::CertificateList& certificates, Role role) {
  ERR_clear_error();
  ssl_.reset(SSL_new(context.native()));
  BIO* bio = NewDatagramBio(&port_);
  if (ssl_ == nullptr || bio == nullptr || !Use(ssl_.get(), certificates)) {
    BIO_free(bio);
    return false;
  }
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_mtu(ssl_.get(), Transport::kMtu);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                 nullptr);
  DTLS_set_timer_cb(ssl_.get(), &Session::NextTimeout);
  if (role == Role::kClient) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
  return true;
}

unsigned Session::NextTimeout(SSL* ssl, unsigned current_us) {
  const auto& self = *static_cast<Session*>(SSL_get_app_data(ssl));
  if (self.AwaitsServerHello()) return kNever;
  const absl::Duration next = current_us == 0
                                  ? self.options_.first_retransmit
                                  : 2 * absl::Microseconds(current_us);
  return static_cast<unsigned>(
      absl::ToInt64Microseconds(std::min(next, self.options_.max_retransmit)));
}

int Session::VerifyRemote(X509_STORE_CTX* store, void*) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<Session*>(SSL_get_app_data(ssl));
  if (self.AcceptRemote(store)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

// RFC 8827 6.5: the fingerprint in the description is what vouches for the
// certificate; names, dates and issuers say nothing.
bool Session::AcceptRemote(X509_STORE_CTX* store) {
  std::vector<std::vector<uint8_t>> chain;
  chain.push_back(ToDer(X509_STORE_CTX_get0_cert(store)));
  const STACK_OF(X509)* others = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 1; i < sk_X509_num(others); ++i) {
    chain.push_back(ToDer(sk_X509_value(others, i)));
  }
  certificate_refused_ = !crypto::MatchesAny(accepted_, chain.front());
  if (!certificate_refused_) remote_chain_ = std::move(chain);
  return !certificate_refused_;
}

Session::Step Session::Outcome(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Step::kComplete;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Step::kPending;
    case SSL_ERROR_ZERO_RETURN:
      return Step::kClosed;
    default:
      failure_ = crypto::TakeOpenSslError();
      return Step::kFailed;
  }
}

// What protection adds to the bytes of a record.
size_t Session::LeastRecord() const {
  constexpr size_t kNonceOfGcm = 8;  // RFC 5288 3; that of RFC 7905 is not sent
  constexpr size_t kTag = 16;
  const SSL_CIPHER* cipher = SSL_get_pending_cipher(ssl_.get());
  if (cipher == nullptr) cipher = SSL_get_current_cipher(ssl_.get());
  const bool is_chacha =
      cipher != nullptr &&
      SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305;
  return is_chacha ? kTag : kNonceOfGcm + kTag;
}

Session::Step Session::Handshake(Outbox& out) {
  const Call call(port_, out);
  return Outcome(SSL_do_handshake(ssl_.get()));
}

Session::Step Session::Read(std::span<uint8_t> buffer, size_t& size,
                            Outbox& out) {
  const Call call(port_, out);
  SSL_alloc_buffers(ssl_.get());
  return Outcome(SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size));
}

bool Session::Write(std::span<const uint8_t> data, Outbox& out) {
  const Call call(port_, out);
  SSL_alloc_buffers(ssl_.get());
  size_t written = 0;
  return SSL_write_ex(ssl_.get(), data.data(), data.size(), &written) == 1;
}

void Session::SayClose(Outbox& out) {
  const Call call(port_, out);
  SSL_alloc_buffers(ssl_.get());
  SSL_shutdown(ssl_.get());
}

bool Session::AwaitsServerHello() const {
  return SSL_get_state(ssl_.get()) == TLS_ST_CW_CLNT_HELLO;
}

std::optional<absl::Duration> Session::Timeout() {
  timeval left;
  if (DTLSv1_get_timeout(ssl_.get(), &left) != 1) return std::nullopt;
  return absl::DurationFromTimeval(left);
}

Session::Step Session::Retransmit(Outbox& out) {
  const Call call(port_, out);
  const long result = DTLSv1_handle_timeout(ssl_.get());
  if (result == 0) return Step::kPending;
  if (result > 0) return Step::kComplete;
  failure_ = crypto::TakeOpenSslError();
  return Step::kFailed;
}

void Session::ReleaseBuffers() { SSL_free_buffers(ssl_.get()); }

SessionInfo Session::Info() const {
  SessionInfo info;
  char version[8];
  std::snprintf(version, sizeof(version), "%04X",
                static_cast<unsigned>(SSL_version(ssl_.get())));
  info.tls_version = version;
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get())) {
    info.cipher = SSL_CIPHER_standard_name(cipher);
  }
  info.group =
      GroupName(static_cast<int>(SSL_get_negotiated_group(ssl_.get())));
  if (const auto* profile = SSL_get_selected_srtp_profile(ssl_.get())) {
    info.srtp_profile = static_cast<SrtpProfile>(profile->id);
  }
  return info;
}

bool Session::Export(std::string_view label, std::span<uint8_t> out) const {
  return SSL_export_keying_material(ssl_.get(), out.data(), out.size(),
                                    label.data(), label.size(), nullptr, 0,
                                    0) == 1;
}

}  // namespace parley::dtls

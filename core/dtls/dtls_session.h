// OpenSSL's half of a DTLS transport: one SSL object, driven a datagram at a
// time. For core/dtls's own .cc files. Used by one thread at a time; calls
// nobody back.
#ifndef PARLEY_CORE_DTLS_DTLS_SESSION_H_
#define PARLEY_CORE_DTLS_DTLS_SESSION_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/crypto/certificate.h"
#include "core/crypto/openssl_ptr.h"
#include "core/dtls/datagram_bio.h"
#include "core/dtls/dtls_context.h"
#include "core/dtls/dtls_record.h"
#include "core/dtls/dtls_transport.h"

namespace parley::dtls {

class Session {
 public:
  enum class Step {
    kPending,   // wants the next datagram
    kComplete,  // the handshake is done, or data was read
    kClosed,    // the remote said close_notify
    kFailed,    // see failure()
  };

  // Null when OpenSSL refuses. `accepted` are the fingerprints of which the
  // remote's certificate must match one. All arguments must outlive the
  // session.
  static std::unique_ptr<Session> Create(
      Context& context, const crypto::CertificateList& certificates, Role role,
      std::span<const crypto::Fingerprint> accepted,
      const TransportOptions& options);

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // For SSL_CTX_set_cert_verify_callback: asks the session of the handshake.
  static int VerifyRemote(X509_STORE_CTX* store, void*);

  // What the next Handshake or Read call reads; valid until that returns.
  void Offer(std::span<const uint8_t> packet) {
    port_.incoming = BeforeShortRecord(packet, LeastRecord());
  }

  Step Handshake(Outbox& out);
  // kComplete: `size` bytes of data were read; there may be more.
  Step Read(std::span<uint8_t> buffer, size_t& size, Outbox& out);
  bool Write(std::span<const uint8_t> data, Outbox& out);
  void SayClose(Outbox& out);

  // A client whose ClientHello nobody has answered. Repeating that flight is
  // the caller's: OpenSSL would give up after a dozen, and another session's
  // ClientHello would not go with an answer to this one's.
  bool AwaitsServerHello() const;

  // When Retransmit is to be called; nullopt when nothing waits for an answer.
  std::optional<absl::Duration> Timeout();
  // kComplete: a flight was sent again. kPending: it is too early.
  Step Retransmit(Outbox& out);

  // Gives back OpenSSL's record buffers, 35 KB, until the next call. Only
  // after the handshake.
  void ReleaseBuffers();

  // Of the last kFailed: why, and whether the remote's certificate was it.
  const std::string& failure() const { return failure_; }
  bool certificate_refused() const { return certificate_refused_; }

  std::vector<std::vector<uint8_t>> TakeRemoteChain() {
    return std::move(remote_chain_);
  }
  SessionInfo Info() const;
  bool Export(std::string_view label, std::span<uint8_t> out) const;

 private:
  using SslPtr = std::unique_ptr<SSL, crypto::OpenSslDeleter<SSL_free>>;

  Session(std::span<const crypto::Fingerprint> accepted,
          const TransportOptions& options)
      : accepted_(accepted), options_(options) {}

  bool Init(Context& context, const crypto::CertificateList& certificates,
            Role role);
  Step Outcome(int result);
  bool AcceptRemote(X509_STORE_CTX* store);
  size_t LeastRecord() const;
  static unsigned NextTimeout(SSL* ssl, unsigned current_us);

  const std::span<const crypto::Fingerprint> accepted_;
  const TransportOptions& options_;
  DatagramPort port_;
  SslPtr ssl_;
  std::vector<std::vector<uint8_t>> remote_chain_;
  bool certificate_refused_ = false;
  std::string failure_;
};

}  // namespace parley::dtls

#endif  // PARLEY_CORE_DTLS_DTLS_SESSION_H_

// One DTLS association (W3C RTCDtlsTransport): DTLS 1.2 over datagrams that
// somebody else carries.
//
// Everything here runs on one executor, the one given. The observer is called
// from inside Start, HandlePacket, Send, Close and from timers; its callbacks
// may call any method and may destroy the transport. Nothing is delivered, and
// no state but connecting is reached, before the remote certificate was found
// to match a fingerprint of the remote description.
//
//   new -> Start -> connecting -> connected -> closed (either side's
//                        \            \         close_notify, or Close)
//                         +------------+-> failed (handshake, fingerprint,
//                                                  fatal alert)
#ifndef PARLEY_CORE_DTLS_DTLS_TRANSPORT_H_
#define PARLEY_CORE_DTLS_DTLS_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/crypto/certificate.h"
#include "core/dtls/dtls_context.h"
#include "core/loop/executor.h"

namespace parley::dtls {

// RTCDtlsTransportState.
enum class State { kNew, kConnecting, kConnected, kClosed, kFailed };
std::string_view StateName(State state);  // "new", "connecting", ...

// RTCDtlsRole: who sends the ClientHello. a=setup:active is the client.
enum class Role { kClient, kServer };

// RFC 8827 6.5 wants AEAD; the second is what older stacks have. Numbers are
// those of RFC 5764 and RFC 7714.
enum class SrtpProfile : uint16_t {
  kAes128CmHmacSha1_80 = 0x0001,
  kAeadAes128Gcm = 0x0007,
};

// What RTCTransportStats says of DTLS.
struct SessionInfo {
  std::string tls_version;  // "FEFD" for DTLS 1.2
  std::string cipher;       // IANA name, "TLS_ECDHE_ECDSA_WITH_AES_128_..."
  std::string group;        // "X25519", "P-256", ...
  std::optional<SrtpProfile> srtp_profile;
};

struct Counters {
  uint64_t packets_sent = 0;
  uint64_t packets_received = 0;
  uint64_t packets_dropped = 0;  // no DTLS record, or not in this state
  uint64_t flights_retransmitted = 0;
};

struct TransportOptions {
  // The first retransmission of a handshake flight comes after this, each
  // further one after twice as long, at most `max_retransmit`. RFC 6347's one
  // second would stall each connection whose first flight comes early.
  absl::Duration first_retransmit = absl::Milliseconds(100);
  absl::Duration max_retransmit = absl::Seconds(2);
};

class Transport {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;

    // A datagram for the remote, of at most kMtu bytes in the handshake and
    // kRecordOverhead more than its data afterwards. Valid in the call.
    virtual void OnDtlsPacket(std::span<const uint8_t> packet) = 0;

    // What one record carried. Valid in the call.
    virtual void OnDtlsData(std::span<const uint8_t> data) = 0;

    // Each change of state() once. `why` is OK but for kFailed.
    virtual void OnDtlsState(State state, const absl::Status& why) = 0;
  };

  static constexpr size_t kMtu = 1200;
  // Bytes that a record adds at most, with the cipher suites we allow.
  static constexpr size_t kRecordOverhead = 37;

  Transport(std::shared_ptr<Context> context,
            crypto::CertificateList certificates, TransportOptions options,
            Executor& executor, Observer& observer);

  // Tells nobody anything: Close first to say goodbye.
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Begins the handshake, in state new, once the remote description is known
  // and datagrams flow. The client sends its ClientHello; the server answers
  // one, also one that came before (the last few are kept). It goes on until it
  // succeeds, fails, or Close ends it: how long to wait is the owner's to say,
  // who knows whether ICE still works.
  // No fingerprints: none will match.
  void Start(Role role, std::vector<crypto::Fingerprint> remote_fingerprints);

  // Whether the certificate the remote showed matches one of these: a later
  // description with which it does not asks for a new transport. False before
  // connected.
  bool MatchesRemote(std::span<const crypto::Fingerprint> fingerprints) const;

  // A datagram from the remote whose first byte is 20 to 63 (RFC 7983 7).
  // Whatever is no valid record is dropped and counted.
  void HandlePacket(std::span<const uint8_t> packet);

  // Sends the data as one record. False, with no effect, unless connected, and
  // for more than 16,384 bytes.
  bool Send(std::span<const uint8_t> data);

  // Sends close_notify if there is whom to send it, then closed; no effect in
  // closed and failed.
  void Close();

  State state() const;
  std::optional<Role> role() const;
  Counters counters() const;
  const crypto::CertificateList& certificates() const;

  // The remote's chain as DER, leaf first. Empty before connected, kept after.
  const std::vector<std::vector<uint8_t>>& remote_certificates() const;

  // nullopt before connected, kept after.
  const std::optional<SessionInfo>& session() const;

  // RFC 5705 keying material, for SRTP with label "EXTRACTOR-dtls_srtp".
  // INTERNAL unless connected.
  absl::StatusOr<std::vector<uint8_t>> ExportKeyingMaterial(
      std::string_view label, size_t size) const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace parley::dtls

#endif  // PARLEY_CORE_DTLS_DTLS_TRANSPORT_H_

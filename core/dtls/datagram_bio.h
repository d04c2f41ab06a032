// An OpenSSL BIO over datagrams in memory, which unlike BIO_s_mem keeps their
// boundaries and owns no buffer. For core/dtls's own .cc files. Used by one
// thread at a time.
#ifndef PARLEY_CORE_DTLS_DATAGRAM_BIO_H_
#define PARLEY_CORE_DTLS_DATAGRAM_BIO_H_

#include <openssl/bio.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/container/inlined_vector.h"

namespace parley::dtls {

// The datagrams that one call into OpenSSL wrote: kept until the call has
// returned, because who gets them may call in again.
class Outbox {
 public:
  void Add(std::span<const uint8_t> packet) {
    bytes_.insert(bytes_.end(), packet.begin(), packet.end());
    ends_.push_back(bytes_.size());
  }
  size_t size() const { return ends_.size(); }
  std::span<const uint8_t> packet(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

 private:
  absl::InlinedVector<uint8_t, 1280> bytes_;
  absl::InlinedVector<size_t, 4> ends_;
};

// What the BIO reads from and writes to while a call into OpenSSL runs.
struct DatagramPort {
  std::span<const uint8_t> incoming;  // emptied when read
  Outbox* outgoing = nullptr;         // null: datagrams are lost
};

// A new BIO on the port, which must outlive it; null if memory ran out.
BIO* NewDatagramBio(DatagramPort* port);

}  // namespace parley::dtls

#endif  // PARLEY_CORE_DTLS_DATAGRAM_BIO_H_

// Many datagrams with one system call. Not safe for concurrent use.
#ifndef PARLEY_CORE_ICE_DATAGRAM_BATCH_H_
#define PARLEY_CORE_ICE_DATAGRAM_BATCH_H_

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/ice/transport_address.h"

namespace parley::ice {

class DatagramBatch {
 public:
  static constexpr size_t kCapacity = 64;

  DatagramBatch();
  DatagramBatch(const DatagramBatch&) = delete;
  DatagramBatch& operator=(const DatagramBatch&) = delete;

  // Reads what a non-blocking socket has, at most kCapacity datagrams, and
  // returns how many; they are there until the next call. 0: nothing, or an
  // error of the socket, which is then used up.
  size_t Receive(int fd);

  std::span<const uint8_t> datagram(size_t i) const {
    return {Buffer(i), messages_[i].msg_len};
  }
  // Where it came from; nullopt when nothing could be sent there.
  std::optional<TransportAddress> source(size_t i) const {
    return FromSockaddr(names_[i]);
  }

 private:
  // What UDP carries at most. The kernel gives pages of it only when they are
  // first written, so that small datagrams cost one page each.
  static constexpr size_t kBufferBytes = 65536;

  uint8_t* Buffer(size_t i) const { return buffers_.get() + i * kBufferBytes; }

  const std::unique_ptr<uint8_t[]> buffers_;
  std::array<iovec, kCapacity> parts_;
  std::array<sockaddr_storage, kCapacity> names_;
  std::array<mmsghdr, kCapacity> messages_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_DATAGRAM_BATCH_H_

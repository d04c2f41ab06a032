// Datagrams that leave through one socket with one system call. Not safe for
// concurrent use.
#ifndef PARLEY_CORE_ICE_SEND_BATCH_H_
#define PARLEY_CORE_ICE_SEND_BATCH_H_

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/ice/transport_address.h"

namespace parley::ice {

class SendBatch {
 public:
  static constexpr size_t kCapacity = 64;
  // What a datagram of it has at most: an Ethernet's.
  static constexpr size_t kMaxBytes = 1500;

  SendBatch();
  SendBatch(const SendBatch&) = delete;
  SendBatch& operator=(const SendBatch&) = delete;

  size_t size() const { return size_; }

  // Copies it, while there is room; of kMaxBytes at most.
  void Add(const TransportAddress& to, std::span<const uint8_t> datagram);

  // Sends all over a non-blocking socket, in their order, and is empty. Returns
  // how many the kernel did not take.
  size_t Flush(int fd);

 private:
  size_t size_ = 0;
  const std::unique_ptr<uint8_t[]> buffers_;
  std::array<iovec, kCapacity> parts_;
  std::array<sockaddr_storage, kCapacity> names_;
  std::array<mmsghdr, kCapacity> messages_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_SEND_BATCH_H_

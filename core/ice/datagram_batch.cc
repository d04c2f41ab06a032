#include "core/ice/datagram_batch.h"

#include <errno.h>

namespace parley::ice {

DatagramBatch::DatagramBatch()
    : buffers_(new uint8_t[kCapacity * kBufferBytes]) {
  for (size_t i = 0; i < kCapacity; ++i) {
    parts_[i] = {.iov_base = Buffer(i), .iov_len = kBufferBytes};
    messages_[i] = {};
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &names_[i];
  }
}

size_t DatagramBatch::Receive(int fd) {
  for (mmsghdr& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  }
  int count;
  do {
    count = recvmmsg(fd, messages_.data(), kCapacity, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

}  // namespace parley::ice

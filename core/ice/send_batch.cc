#include "core/ice/send_batch.h"

#include <errno.h>

#include <algorithm>
#include <utility>

namespace parley::ice {

SendBatch::SendBatch() : buffers_(new uint8_t[kCapacity * kMaxBytes]) {
  for (size_t i = 0; i < kCapacity; ++i) {
    parts_[i].iov_base = buffers_.get() + i * kMaxBytes;
    messages_[i] = {};
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &names_[i];
  }
}

void SendBatch::Add(const TransportAddress& to,
                    std::span<const uint8_t> datagram) {
  const size_t i = size_++;
  parts_[i].iov_len = datagram.size();
  std::copy(datagram.begin(), datagram.end(),
            static_cast<uint8_t*>(parts_[i].iov_base));
  messages_[i].msg_hdr.msg_namelen = ToSockaddr(to, names_[i]);
}

size_t SendBatch::Flush(int fd) {
  const size_t size = std::exchange(size_, 0);
  size_t refused = 0;
  for (size_t done = 0; done < size;) {
    const int sent = sendmmsg(fd, messages_.data() + done, size - done,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      done += static_cast<size_t>(sent);
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      return refused + size - done;
    } else if (errno != EINTR) {
      // What is wrong with one is none of the others' affair.
      ++refused;
      ++done;
    }
  }
  return refused;
}

}  // namespace parley::ice

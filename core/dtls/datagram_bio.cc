#include "core/dtls/datagram_bio.h"

#include <algorithm>
#include <cstring>

namespace parley::dtls {
namespace {

DatagramPort& PortOf(BIO* bio) {
  return *static_cast<DatagramPort*>(BIO_get_data(bio));
}

int Write(BIO* bio, const char* data, size_t size, size_t* written) {
  DatagramPort& port = PortOf(bio);
  if (port.outgoing != nullptr) {
    port.outgoing->Add({reinterpret_cast<const uint8_t*>(data), size});
  }
  *written = size;
  return 1;
}

// One datagram a call; what does not fit is cut off, as a socket would.
int Read(BIO* bio, char* data, size_t size, size_t* read) {
  DatagramPort& port = PortOf(bio);
  BIO_clear_retry_flags(bio);
  if (port.incoming.empty()) {
    BIO_set_retry_read(bio);
    *read = 0;
    return -1;
  }
  *read = std::min(size, port.incoming.size());
  std::memcpy(data, port.incoming.data(), *read);
  port.incoming = {};
  return 1;
}

long Control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
      return 1;
    case BIO_CTRL_PENDING:
      return static_cast<long>(PortOf(bio).incoming.size());
    default:
      return 0;
  }
}

const BIO_METHOD* Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    BIO_meth_set_write_ex(made, Write);
    BIO_meth_set_read_ex(made, Read);
    BIO_meth_set_ctrl(made, Control);
    return made;
  }();
  return method;
}

}  // namespace

BIO* NewDatagramBio(DatagramPort* port) {
  BIO* bio = BIO_new(Method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, port);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace parley::dtls

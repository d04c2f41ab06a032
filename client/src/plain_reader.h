// One stream of messages, as it is: it does not resume.
#ifndef PARLEY_CLIENT_SRC_PLAIN_READER_H_
#define PARLEY_CLIENT_SRC_PLAIN_READER_H_

#include <memory>

#include "client/src/reader.h"
#include "parley/connection.h"

namespace parley::client::internal {

// For the responses that are named in plain_reader.cc.
template <typename T>
std::shared_ptr<Reader<T>> ReadPlainly(std::unique_ptr<Stream> stream);

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_PLAIN_READER_H_

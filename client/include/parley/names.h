// Reading names, and printing enums as W3C writes them. Stateless.
#ifndef PARLEY_NAMES_H_
#define PARLEY_NAMES_H_

#include <string>
#include <string_view>

#include "google/protobuf/generated_enum_reflection.h"

namespace parley::client {

// The node part of the name of a peer, of a part of one or of a certificate:
// "eu1" of "peers/eu1.4f.../dataChannels/2". Empty: not such a name.
std::string_view NodeOf(std::string_view name);

// The peer that a name belongs to: "peers/p" of "peers/p/dataChannels/c" and of
// "peers/p". Empty: not such a name.
std::string_view PeerOf(std::string_view name);

// "have-local-offer" of SIGNALING_STATE_HAVE_LOCAL_OFFER: the value's name
// without the prefix of its enum, in lower case, with hyphens. A value that
// this library does not know is its number; UNSPECIFIED is "unspecified".
std::string W3cName(const google::protobuf::EnumDescriptor& type, int value);

template <typename Enum>
std::string W3cName(Enum value) {
  return W3cName(*google::protobuf::GetEnumDescriptor<Enum>(),
                 static_cast<int>(value));
}

}  // namespace parley::client

#endif  // PARLEY_NAMES_H_

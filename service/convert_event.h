// Events on the wire. Pure functions; see convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_EVENT_H_
#define PARLEY_SERVICE_CONVERT_EVENT_H_

#include <string_view>

#include "core/peer/events.h"
#include "service/convert_state.h"

namespace parley::v1 {
class Event;
}

namespace parley::service {

// `peer` is the name of the peer it happened to.
void ToProto(const peer::Event& event, std::string_view peer,
             const Shown& shown, v1::Event* out);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_EVENT_H_

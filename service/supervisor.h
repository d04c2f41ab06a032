// Tells the supervisor that started the process how it is doing: systemd's
// sd_notify protocol, a datagram to the socket that NOTIFY_SOCKET names.
//
// Safe for concurrent use.
#ifndef PARLEY_SERVICE_SUPERVISOR_H_
#define PARLEY_SERVICE_SUPERVISOR_H_

#include <string_view>

namespace parley::service {

// Sends assignments, one a line, such as "READY=1". False: nobody wants to know
// or can be told, which is no reason to do anything else.
bool NotifySupervisor(std::string_view state);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_SUPERVISOR_H_

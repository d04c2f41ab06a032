// Whose datagram it is: checks by the ufrag they name, everything else by the
// path that it came over. A path is only ever bound by an authentic check, so
// a flood of strangers leaves nothing behind. A value; not synchronised.
#ifndef PARLEY_CORE_ICE_ROUTE_TABLE_H_
#define PARLEY_CORE_ICE_ROUTE_TABLE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "core/ice/connectivity_check.h"
#include "core/ice/shared_port.h"

namespace parley::ice {

class RouteTable {
 public:
  using Path = SharedPort::Path;
  using Route = SharedPort::Route;

  // See SharedPort.
  bool Claim(std::string_view ufrag, Route route);
  void Release(std::string_view ufrag);
  void Bind(const Path& path, Route route) { paths_[path] = route; }
  void Unbind(const Path& path, Route route);

  // nullopt: nobody's.
  std::optional<Route> Find(const DatagramHeader& header,
                            const Path& path) const;

  size_t ufrags() const { return ufrags_.size(); }
  size_t paths() const { return paths_.size(); }

 private:
  absl::flat_hash_map<std::string, Route> ufrags_;
  absl::flat_hash_map<Path, Route> paths_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_ROUTE_TABLE_H_

#include "core/ice/route_table.h"

#include "core/base/strings.h"

namespace parley::ice {

bool RouteTable::Claim(std::string_view ufrag, Route route) {
  return ufrags_.try_emplace(ToAbsl(ufrag), route).second;
}

void RouteTable::Release(std::string_view ufrag) {
  ufrags_.erase(ToAbsl(ufrag));
}

void RouteTable::Unbind(const Path& path, Route route) {
  auto bound = paths_.find(path);
  if (bound != paths_.end() && bound->second == route) paths_.erase(bound);
}

std::optional<RouteTable::Route> RouteTable::Find(const DatagramHeader& header,
                                                  const Path& path) const {
  switch (header.kind) {
    case DatagramKind::kMalformed:
      return std::nullopt;
    case DatagramKind::kCheck: {
      auto found = ufrags_.find(ToAbsl(header.ufrag));
      if (found == ufrags_.end()) return std::nullopt;
      return found->second;
    }
    case DatagramKind::kOtherStun:
    case DatagramKind::kData:
      break;
  }
  auto found = paths_.find(path);
  if (found == paths_.end()) return std::nullopt;
  return found->second;
}

}  // namespace parley::ice

#include "core/jsep/simulcast.h"

#include <algorithm>

namespace parley::jsep {

std::vector<std::string> SimulcastRids(const sdp::MediaSection& section,
                                       sdp::RidDirection direction) {
  std::vector<std::string> rids;
  if (!section.simulcast) return rids;
  const auto& streams = direction == sdp::RidDirection::kSend
                            ? section.simulcast->send
                            : section.simulcast->recv;
  for (const sdp::SimulcastStream& stream : streams) {
    if (stream.empty()) continue;
    const std::string& rid = stream.front().rid;
    if (std::find(rids.begin(), rids.end(), rid) == rids.end()) {
      rids.push_back(rid);
    }
  }
  return rids;
}

}  // namespace parley::jsep

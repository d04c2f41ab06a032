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

void AppendPausedRids(const sdp::MediaSection& section,
                      sdp::RidDirection direction,
                      std::vector<std::string>& rids) {
  if (!section.simulcast) return;
  const auto& streams = direction == sdp::RidDirection::kSend
                            ? section.simulcast->send
                            : section.simulcast->recv;
  for (const sdp::SimulcastStream& stream : streams) {
    if (!stream.empty() && stream.front().paused) {
      rids.push_back(stream.front().rid);
    }
  }
}

std::vector<std::string> PausedRids(const std::vector<Encoding>& encodings) {
  std::vector<std::string> rids;
  for (const Encoding& encoding : encodings) {
    if (!encoding.active && !encoding.rid.empty()) rids.push_back(encoding.rid);
  }
  return rids;
}

}  // namespace parley::jsep

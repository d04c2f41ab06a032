// Where a call should have gone. Stateless.
#ifndef PARLEY_CLIENT_SRC_WRONG_NODE_H_
#define PARLEY_CLIENT_SRC_WRONG_NODE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "parley/error_info.h"

namespace parley::client::internal {

// The node that a WRONG_NODE names; nullopt for every other status.
inline std::optional<std::string> RightNode(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  if (!info.has_value() || info->reason != "WRONG_NODE") return std::nullopt;
  const auto node = info->metadata.find("node");
  if (node == info->metadata.end() || node->second.empty()) return std::nullopt;
  return node->second;
}

}  // namespace parley::client::internal

#endif  // PARLEY_CLIENT_SRC_WRONG_NODE_H_

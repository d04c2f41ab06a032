// Attributes that may stand at both levels. Internal.
#ifndef PARLEY_CORE_SDP_SHARED_ATTRIBUTES_H_
#define PARLEY_CORE_SDP_SHARED_ATTRIBUTES_H_

#include <optional>
#include <string_view>
#include <vector>

#include "core/sdp/attribute_name.h"
#include "core/sdp/description.h"
#include "core/sdp/outcome.h"

namespace parley::sdp {

// Where they go: fields of a description or of one of its sections.
struct SharedFields {
  TransportAttributes& transport;
  std::optional<Direction>& direction;
  std::vector<ExtMap>& extmaps;
  bool& extmap_allow_mixed;
};

// kUnknown also for attributes that are not shared ones.
Outcome ParseSharedAttribute(AttributeId id, std::string_view value,
                             SharedFields fields);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_SHARED_ATTRIBUTES_H_

// BUNDLE groups of a description (RFC 9143), by the indexes of its sections.
#ifndef PARLEY_CORE_JSEP_BUNDLE_H_
#define PARLEY_CORE_JSEP_BUNDLE_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/sdp/description.h"

namespace parley::jsep {

struct Bundle {
  // Sections that are not rejected, the tagged one first. No group is empty.
  std::vector<std::vector<size_t>> groups;
  // For each section, the group it is in.
  std::vector<std::optional<size_t>> group_of;

  // The section whose transport attributes count for this one: the tagged one
  // of its group, or itself.
  size_t TagOf(size_t section) const {
    const auto& group = group_of[section];
    return group ? groups[*group].front() : section;
  }
};

// Rejected sections that a group names are left out; a mid named twice in one
// group counts once. Errors: SDP_INVALID (a mid that no section has, or in two
// groups; more mids than sections; metadata `mid`, `attribute`).
absl::StatusOr<Bundle> ReadBundle(const sdp::Description& description);

// Whether the section has a=rtcp-mux or a=rtcp-rsize, itself or, because RFC
// 9429 section 5.2.1 lets only the tagged one of a bundle show what holds for
// all, through another RTP section of its group.
bool SaysInBundle(const sdp::Description& description, const Bundle& bundle,
                  size_t section, bool sdp::MediaSection::*attribute);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_BUNDLE_H_

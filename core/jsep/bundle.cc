#include "core/jsep/bundle.h"

#include <algorithm>
#include <string>

#include "core/base/errors.h"
#include "core/jsep/mids.h"
#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

absl::Status Invalid(const std::string& mid, const char* what) {
  return MakeError(Reason::kSdpInvalid,
                   "a BUNDLE group names mid \"" + mid + "\", " + what,
                   {{"mid", mid}, {"attribute", "group"}});
}

}  // namespace

absl::StatusOr<Bundle> ReadBundle(const sdp::Description& description) {
  Bundle bundle;
  bundle.group_of.resize(description.sections.size());
  std::optional<MidIndex> index;
  for (const sdp::Group& group : description.groups) {
    if (group.semantics != "BUNDLE") continue;
    if (!index) index.emplace(description);
    if (group.mids.size() > description.sections.size()) {
      return Invalid(group.mids.front(), "and more of them than sections");
    }
    std::vector<size_t> members;
    for (const std::string& mid : group.mids) {
      const auto section = index->Find(mid);
      if (!section) return Invalid(mid, "which no section has");
      auto& group_of = bundle.group_of[*section];
      if (group_of == bundle.groups.size()) continue;
      if (group_of) return Invalid(mid, "which another group names too");
      if (sdp::IsRejected(description.sections[*section])) continue;
      group_of = bundle.groups.size();
      members.push_back(*section);
    }
    if (!members.empty()) bundle.groups.push_back(std::move(members));
  }
  return bundle;
}

bool SaysInBundle(const sdp::Description& description, const Bundle& bundle,
                  size_t section, bool sdp::MediaSection::*attribute) {
  if (description.sections[section].*attribute) return true;
  const auto& group = bundle.group_of[section];
  if (!group) return false;
  const std::vector<size_t>& members = bundle.groups[*group];
  return std::any_of(members.begin(), members.end(), [&](size_t i) {
    const sdp::MediaSection& member = description.sections[i];
    return member.*attribute && sdp::IsRtpSection(member);
  });
}

}  // namespace parley::jsep

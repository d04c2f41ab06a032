#include "core/jsep/mids.h"

#include <algorithm>
#include <charconv>

namespace parley::jsep {
namespace {

// Larger ones are left alone: no session comes to make a million mids.
constexpr uint64_t kLargestNoted = 999'999;

}  // namespace

void NoteRemoteMid(Session& session, std::string_view mid) {
  uint64_t value = 0;
  const char* end = mid.data() + mid.size();
  const auto [stop, error] = std::from_chars(mid.data(), end, value);
  if (error != std::errc() || stop != end || value > kLargestNoted) return;
  session.next_mid = std::max(session.next_mid, value + 1);
}

void ProposeMids(Session& session, const Blueprint& blueprint) {
  session.next_mid = std::max(session.next_mid, blueprint.next_mid);
  for (const Blueprint::SectionPlan& section : blueprint.sections) {
    if (!section.fresh) continue;
    if (section.kind == SectionKind::kData) {
      session.proposed_data_mid = section.mid;
    }
    if (const Transceiver* found =
            FindTransceiver(session, section.transceiver)) {
      session.transceivers[found - session.transceivers.data()].proposed_mid =
          section.mid;
    }
  }
}

MidIndex::MidIndex(const std::vector<Section>& sections) { Fill(sections); }

MidIndex::MidIndex(const sdp::Description& description) {
  Fill(description.sections);
}

template <typename Sections>
void MidIndex::Fill(const Sections& sections) {
  if (sections.size() <= kFew) {
    few_.reserve(sections.size());
    for (const auto& section : sections) few_.push_back(section.mid);
    return;
  }
  many_.reserve(sections.size());
  for (size_t i = 0; i < sections.size(); ++i) {
    many_.emplace(sections[i].mid, i);
  }
}

std::optional<size_t> MidIndex::Find(std::string_view mid) const {
  if (mid.empty()) return std::nullopt;
  for (size_t i = 0; i < few_.size(); ++i) {
    if (few_[i] == mid) return i;
  }
  const auto found = many_.find(mid);
  if (found == many_.end()) return std::nullopt;
  return found->second;
}

}  // namespace parley::jsep

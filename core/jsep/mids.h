// Media ids: ours are a counter in decimal, never used twice in the life of a
// session and never one that the other end has used.
#ifndef PARLEY_CORE_JSEP_MIDS_H_
#define PARLEY_CORE_JSEP_MIDS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/jsep/blueprint.h"
#include "core/jsep/session.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// Keeps the counter clear of a mid that the other end uses.
void NoteRemoteMid(Session& session, std::string_view mid);

// Keeps what a created description proposes, so that the next one proposes the
// same.
void ProposeMids(Session& session, const Blueprint& blueprint);

// Index of sections by mid: the first of several, none for an empty mid. Views
// into what it was made from.
class MidIndex {
 public:
  explicit MidIndex(const std::vector<Section>& sections);
  explicit MidIndex(const sdp::Description& description);

  std::optional<size_t> Find(std::string_view mid) const;

 private:
  // Up to this many sections a look at each is faster than hashing.
  static constexpr size_t kFew = 16;
  template <typename Sections>
  void Fill(const Sections& sections);

  std::vector<std::string_view> few_;
  std::unordered_map<std::string_view, size_t> many_;
};

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_MIDS_H_

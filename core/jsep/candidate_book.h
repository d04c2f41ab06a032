// The candidates of one side, by section and generation. Lists are shared and
// immutable: adding makes a copy where somebody else still holds the list.
#ifndef PARLEY_CORE_JSEP_CANDIDATE_BOOK_H_
#define PARLEY_CORE_JSEP_CANDIDATE_BOOK_H_

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/jsep/session.h"
#include "core/sdp/candidate.h"
#include "core/sdp/description.h"

namespace parley::jsep {

using CandidateBook = std::vector<std::shared_ptr<const CandidateList>>;

// nullptr: none yet.
const CandidateList* FindCandidates(const CandidateBook& book,
                                    std::string_view mid,
                                    std::string_view ufrag);

// False: the list has the candidate already, or is full.
bool AddToBook(CandidateBook& book, std::string_view mid,
               std::string_view ufrag, const sdp::Candidate& candidate);
// False: it was complete already.
bool CompleteInBook(CandidateBook& book, std::string_view mid,
                    std::string_view ufrag);

// Takes over the candidates that a description has itself.
void AddDescribed(CandidateBook& book, const std::vector<Section>& sections,
                  const sdp::Description& description);

// Drops the lists of generations that neither description knows.
void PruneBook(CandidateBook& book,
               const std::optional<SessionDescription>& pending,
               const std::optional<SessionDescription>& current);

// Keeps the remote ufrags that `next` has no description of any more, so that
// their late candidates are known for what they are.
void NoteRetiredUfrags(const Session& before, Session& next);

// Writes a list into the section it is for, the default candidate's address
// into m=, c= and a=rtcp (RFC 8839 section 4.2.1.2).
void WriteCandidates(const CandidateList& list, sdp::MediaSection& section);

// Whether candidates of this section and generation lead to another socket than
// those of the section whose transport it shares. In an offer each section of a
// bundle may have its own until the answer decides, even under one ufrag: they
// answer checks, but not for long.
bool IsElsewhere(const Session& session, size_t section,
                 const Transport& transport, std::string_view ufrag);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_CANDIDATE_BOOK_H_

#include "core/jsep/candidate_book.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "core/sdp/query.h"

namespace parley::jsep {
namespace {

// Of one section and generation. Browsers gather some tens.
constexpr size_t kMaxCandidates = 1024;

std::shared_ptr<const CandidateList>* FindSlot(CandidateBook& book,
                                               std::string_view mid,
                                               std::string_view ufrag) {
  for (auto& list : book) {
    if (list->mid == mid && list->ufrag == ufrag) return &list;
  }
  return nullptr;
}

// The list, writable.
CandidateList& Open(CandidateBook& book, std::string_view mid,
                    std::string_view ufrag) {
  auto* slot = FindSlot(book, mid, ufrag);
  if (slot == nullptr) {
    auto list = std::make_shared<CandidateList>();
    list->mid = mid;
    list->ufrag = ufrag;
    CandidateList& result = *list;
    book.push_back(std::move(list));
    return result;
  }
  if (slot->use_count() > 1) *slot = std::make_shared<CandidateList>(**slot);
  // Made by make_shared<CandidateList>, here and above, and shared with nobody.
  return const_cast<CandidateList&>(**slot);
}

// Relayed before reflexive before host, IPv4 before IPv6: what gets through
// most surely (RFC 8445 section 5.1.4).
int DefaultRank(const sdp::Candidate& candidate) {
  if (candidate.component != 1 ||
      candidate.transport != sdp::CandidateTransport::kUdp) {
    return 0;
  }
  int rank = 1;
  switch (candidate.type) {
    case sdp::CandidateType::kRelay:
      rank = 6;
      break;
    case sdp::CandidateType::kServerReflexive:
      rank = 4;
      break;
    case sdp::CandidateType::kHost:
      rank = 2;
      break;
    default:
      return 0;
  }
  switch (sdp::KindOfAddress(candidate.address)) {
    case sdp::AddressKind::kIp4:
      return rank + 1;
    case sdp::AddressKind::kIp6:
      return rank;
    default:
      return 0;
  }
}

void WriteDefault(const sdp::Candidate& candidate, sdp::MediaSection& section) {
  sdp::Connection address{
      .family = sdp::KindOfAddress(candidate.address) == sdp::AddressKind::kIp6
                    ? sdp::AddressFamily::kIp6
                    : sdp::AddressFamily::kIp4,
      .address = candidate.address};
  section.port = candidate.port;
  if (section.rtcp) {
    section.rtcp->port = candidate.port;
    section.rtcp->connection = address;
  }
  section.connection = std::move(address);
}

using UfragSet = std::unordered_set<std::string_view>;

// The generations that either description shows.
UfragSet UfragsOf(const std::optional<SessionDescription>& pending,
                  const std::optional<SessionDescription>& current) {
  UfragSet ufrags;
  for (const auto* slot : {&pending, &current}) {
    if (!*slot) continue;
    const sdp::Description& parsed = (*slot)->body->parsed;
    for (const sdp::MediaSection& section : parsed.sections) {
      ufrags.insert(sdp::EffectiveIceCredentials(parsed, section).ufrag);
    }
  }
  return ufrags;
}

}  // namespace

const CandidateList* FindCandidates(const CandidateBook& book,
                                    std::string_view mid,
                                    std::string_view ufrag) {
  for (const auto& list : book) {
    if (list->mid == mid && list->ufrag == ufrag) return list.get();
  }
  return nullptr;
}

bool AddToBook(CandidateBook& book, std::string_view mid,
               std::string_view ufrag, const sdp::Candidate& candidate) {
  if (const CandidateList* list = FindCandidates(book, mid, ufrag)) {
    const auto& all = list->candidates;
    if (all.size() >= kMaxCandidates ||
        std::find(all.begin(), all.end(), candidate) != all.end()) {
      return false;
    }
  }
  Open(book, mid, ufrag).candidates.push_back(candidate);
  return true;
}

bool CompleteInBook(CandidateBook& book, std::string_view mid,
                    std::string_view ufrag) {
  const CandidateList* list = FindCandidates(book, mid, ufrag);
  if (list && list->complete) return false;
  Open(book, mid, ufrag).complete = true;
  return true;
}

void AddDescribed(CandidateBook& book, const std::vector<Section>& sections,
                  const sdp::Description& description) {
  for (size_t i = 0; i < description.sections.size(); ++i) {
    const sdp::MediaSection& section = description.sections[i];
    if (section.candidates.empty() && !section.end_of_candidates) continue;
    const std::string& mid = sections[i].mid;
    const std::string_view ufrag =
        sdp::EffectiveIceCredentials(description, section).ufrag;
    if (ufrag.empty()) continue;
    for (const sdp::Candidate& candidate : section.candidates) {
      AddToBook(book, mid, ufrag, candidate);
    }
    if (section.end_of_candidates) CompleteInBook(book, mid, ufrag);
  }
}

void NoteRetiredUfrags(const Session& before, Session& next) {
  constexpr size_t kMaxRetired = 64;
  const auto body_of = [](const std::optional<SessionDescription>& slot) {
    return slot ? slot->body.get() : nullptr;
  };
  if (body_of(before.pending_remote) == body_of(next.pending_remote) &&
      body_of(before.current_remote) == body_of(next.current_remote)) {
    return;
  }
  const UfragSet now = UfragsOf(next.pending_remote, next.current_remote);
  auto& retired = next.retired_ufrags;
  for (const std::string_view ufrag :
       UfragsOf(before.pending_remote, before.current_remote)) {
    if (ufrag.empty() || now.contains(ufrag)) continue;
    if (retired.size() == kMaxRetired) retired.erase(retired.begin());
    retired.emplace_back(ufrag);
  }
}

void PruneBook(CandidateBook& book,
               const std::optional<SessionDescription>& pending,
               const std::optional<SessionDescription>& current) {
  if (book.empty()) return;
  const UfragSet ufrags = UfragsOf(pending, current);
  std::erase_if(
      book, [&](const auto& list) { return !ufrags.contains(list->ufrag); });
}

bool IsElsewhere(const Session& session, size_t section,
                 const Transport& transport, std::string_view ufrag) {
  if (transport.mline_index == section) return false;
  for (const auto* slot : {&session.pending_remote, &session.current_remote}) {
    if (!*slot) continue;
    const sdp::Description& parsed = (*slot)->body->parsed;
    if (section >= parsed.sections.size()) continue;
    const auto shown =
        sdp::EffectiveIceCredentials(parsed, parsed.sections[section]);
    if (shown.ufrag == ufrag) return (*slot)->type == SdpType::kOffer;
  }
  return false;
}

void WriteCandidates(const CandidateList& list, sdp::MediaSection& section) {
  section.candidates = list.candidates;
  section.end_of_candidates = list.complete;
  const auto best =
      std::max_element(list.candidates.begin(), list.candidates.end(),
                       [](const sdp::Candidate& a, const sdp::Candidate& b) {
                         return DefaultRank(a) < DefaultRank(b);
                       });
  if (best != list.candidates.end() && DefaultRank(*best) > 0) {
    WriteDefault(*best, section);
  }
}

}  // namespace parley::jsep

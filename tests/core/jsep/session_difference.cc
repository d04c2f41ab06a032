#include "tests/core/jsep/session_difference.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace parley::jsep::testing {
namespace {

using Book = std::vector<std::shared_ptr<const CandidateList>>;

// In the order of Session's members. A member that is added there does not
// compile here until it is compared.
constexpr std::string_view kNames[] = {
    "configuration",
    "catalog",
    "state",
    "transceivers",
    "sections",
    "transports",
    "sctp",
    "data_channel_created",
    "pending_local",
    "current_local",
    "pending_remote",
    "current_remote",
    "last_offer",
    "last_answer",
    "local_candidates",
    "remote_candidates",
    "ufrags_to_replace",
    "needs_ice_restart",
    "ice_role",
    "default_stream_id",
    "retired_ufrags",
    "session_id",
    "last_version",
    "revision",
    "next_transceiver_id",
    "last_sctp_association",
    "next_transport_id",
    "next_mid",
    "proposed_data_mid",
    "proposed_credentials",
    "numbers",
    "last_stable",
};

auto Members(const Session& session) {
  const auto& [configuration, catalog, state, transceivers, sections,
               transports, sctp, data_channel_created, pending_local,
               current_local, pending_remote, current_remote, last_offer,
               last_answer, local_candidates, remote_candidates,
               ufrags_to_replace, needs_ice_restart, ice_role,
               default_stream_id, retired_ufrags, session_id, last_version,
               revision, next_transceiver_id, last_sctp_association,
               next_transport_id, next_mid, proposed_data_mid,
               proposed_credentials, numbers, last_stable] = session;
  return std::tie(
      configuration, catalog, state, transceivers, sections, transports, sctp,
      data_channel_created, pending_local, current_local, pending_remote,
      current_remote, last_offer, last_answer, local_candidates,
      remote_candidates, ufrags_to_replace, needs_ice_restart, ice_role,
      default_stream_id, retired_ufrags, session_id, last_version, revision,
      next_transceiver_id, last_sctp_association, next_transport_id, next_mid,
      proposed_data_mid, proposed_credentials, numbers, last_stable);
}

bool Same(const std::optional<SessionDescription>& a,
          const std::optional<SessionDescription>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->type == b->type && a->body == b->body;
}

bool Same(const std::optional<CreatedDescription>& a,
          const std::optional<CreatedDescription>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->type == b->type && a->blueprint == b->blueprint;
}

bool Same(const Book& a, const Book& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return *x == *y; });
}

template <typename T>
bool Same(const T& a, const T& b) {
  return a == b;
}

template <size_t... kIndex>
std::string Compare(const Session& a, const Session& b,
                    std::index_sequence<kIndex...>) {
  const auto left = Members(a);
  const auto right = Members(b);
  static_assert(std::tuple_size_v<std::remove_const_t<decltype(left)>> ==
                std::size(kNames));
  std::string names;
  const auto add = [&](size_t index, bool same) {
    if (!same) names.append(names.empty() ? "" : " ").append(kNames[index]);
  };
  (add(kIndex, Same(std::get<kIndex>(left), std::get<kIndex>(right))), ...);
  return names;
}

void Freeze(Book& book) {
  for (auto& list : book) list = std::make_shared<const CandidateList>(*list);
}

}  // namespace

std::string Difference(const Session& a, const Session& b) {
  return Compare(a, b, std::make_index_sequence<std::size(kNames)>());
}

Session Frozen(const Session& session) {
  Session frozen = session;
  Freeze(frozen.local_candidates);
  Freeze(frozen.remote_candidates);
  return frozen;
}

}  // namespace parley::jsep::testing

// What holds of a session at every step of its life, by watching it.
#ifndef PARLEY_TESTS_CORE_JSEP_INVARIANTS_H_
#define PARLEY_TESTS_CORE_JSEP_INVARIANTS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/jsep/session.h"
#include "core/sdp/description.h"

namespace parley::jsep::testing {

// Failures are those of GoogleTest. Copy it with the session it watches.
class Invariants {
 public:
  // After any operation.
  void Check(const Session& session);
  // The same without what numbers mean, which the other end's damaged
  // descriptions may turn around.
  void CheckStructure(const Session& session);
  // After createOffer or createAnswer, which were remembered. `before` is
  // last_version before the call.
  void CheckCreated(const CreatedDescription& created, uint64_t before);
  // After a description of the other end was applied.
  void NoteRemote(const sdp::Description& description);

 private:
  void CheckSections(const Session& session);
  void CheckTransports(const Session& session);
  void CheckTransceivers(const Session& session);
  void CheckFormats(const sdp::Description& description);
  void NoteInForce(const std::string& mid, const MediaParameters& media);

  // Sections as the last final answer left them, and which answer that was.
  std::vector<Section> answered_;
  const DescriptionBody* last_local_ = nullptr;
  std::map<TransportId, uint32_t> generations_;
  std::set<TransceiverId> present_;
  std::set<TransceiverId> gone_;

  // What numbers have meant since they were first in force.
  std::map<int, CodecIdentity> payload_types_;
  std::map<int, std::string> extensions_;

  // Mids that the session coined, by what for; and those it was shown.
  std::map<std::string, TransceiverId> coined_;
  std::set<std::string> remote_mids_;
  std::map<uint64_t, std::string> texts_;  // created ones, by version
  uint64_t session_id_ = 0;
};

// Two stable sessions have the same sections, directions, formats, streams and
// transports, and each an ICE role of its own.
void ExpectAgreement(const Session& a, const Session& b);

}  // namespace parley::jsep::testing

#endif  // PARLEY_TESTS_CORE_JSEP_INVARIANTS_H_

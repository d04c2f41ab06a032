// When an offer is due: W3C's "check if negotiation is needed" and the flag
// that turns it into one event.
#ifndef PARLEY_CORE_JSEP_NEGOTIATION_NEEDED_H_
#define PARLEY_CORE_JSEP_NEGOTIATION_NEEDED_H_

#include "core/jsep/session.h"

namespace parley::jsep {

// W3C "check if negotiation is needed".
bool NegotiationNeeded(const Session& session);

// W3C "update the negotiation-needed flag". Call it after every change of the
// session and whenever the operations chain has become empty; true: fire
// negotiationneeded now. Fires at most once until Clear, which belongs to each
// return to stable, before the update that follows it.
class NegotiationNeededFlag {
 public:
  bool Update(const Session& session, bool chain_empty);
  void Clear() { needed_ = false; }
  bool needed() const { return needed_; }

 private:
  bool needed_ = false;
};

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_NEGOTIATION_NEEDED_H_

// The effects of a step, by comparing the session before and after it.
#ifndef PARLEY_CORE_JSEP_DIFF_H_
#define PARLEY_CORE_JSEP_DIFF_H_

#include <string>

#include "core/jsep/effects.h"
#include "core/jsep/session.h"

namespace parley::jsep {

// The step that was taken: a description or a rollback.
struct Step {
  Side side = Side::kLocal;  // of a rollback: whose offer is gone
  SdpType type = SdpType::kOffer;
  std::string description_id;
  bool implicit = false;  // a rollback that a remote offer implied
};

// What transports have to do.
void AppendInstructions(const Session& before, const Session& after,
                        Effects& effects);
// What to tell, in W3C's order.
void AppendEvents(const Session& before, const Session& after, const Step& step,
                  Effects& effects);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_DIFF_H_

// Comparing whole sessions: what a refused operation must leave as it was.
#ifndef PARLEY_TESTS_CORE_JSEP_SESSION_DIFFERENCE_H_
#define PARLEY_TESTS_CORE_JSEP_SESSION_DIFFERENCE_H_

#include <string>

#include "core/jsep/session.h"

namespace parley::jsep::testing {

// The names of all fields of Session in which the two differ; "": none. What is
// shared and immutable has to be the same object; candidates, which are shared
// but grow, have to be equal.
std::string Difference(const Session& a, const Session& b);

// A session that shares nothing that grows: to compare with later.
Session Frozen(const Session& session);

}  // namespace parley::jsep::testing

#endif  // PARLEY_TESTS_CORE_JSEP_SESSION_DIFFERENCE_H_

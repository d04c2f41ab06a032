// Description to text. Pure functions: safe from any thread.
#ifndef PARLEY_CORE_SDP_PRINTER_H_
#define PARLEY_CORE_SDP_PRINTER_H_

#include <string>

#include "core/sdp/description.h"

namespace parley::sdp {

// Appends the description, with CRLF line ends, to `out`. The attributes stand
// in the order of RFC 9429's examples, then `other_attributes`, then
// `conflicts`.
//
// For every description that Parse made, Parse gives the same again from what
// Print wrote. Of one made by hand the strings must be what their lines can
// hold: no CR, LF or NUL anywhere, no space in an identifier (see IsToken in
// query.h); Print does not look.
void Print(const Description& description, std::string& out);

// Print to a string of its own.
std::string ToString(const Description& description);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_PRINTER_H_

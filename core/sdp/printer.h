// Description to text. Pure functions: safe from any thread.
#ifndef PARLEY_CORE_SDP_PRINTER_H_
#define PARLEY_CORE_SDP_PRINTER_H_

#include <span>
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

// What a section says of its codecs and header extensions, printed once to be
// used in many descriptions.
struct PrintedFormats {
  std::string list;        // " 96 97", the end of the m= line
  std::string attributes;  // a=rtpmap, a=rtcp-fb, a=fmtp, a=extmap
};
PrintedFormats PrintFormats(std::span<const Codec> codecs,
                            std::span<const ExtMap> extmaps);

// Print, where formats[i], unless null, stands for the codecs and extmaps that
// section i is without.
void Print(const Description& description,
           std::span<const PrintedFormats* const> formats, std::string& out);

// Print to a string of its own.
std::string ToString(const Description& description);

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_PRINTER_H_

// W3C Trace Context: which trace of its caller's a call belongs to. Pure
// functions.
#ifndef PARLEY_SERVICE_TRACE_CONTEXT_H_
#define PARLEY_SERVICE_TRACE_CONTEXT_H_

#include <string_view>

namespace parley::service {

// Views of the header that was read; empty: there is none, or it is bad.
struct TraceContext {
  std::string_view trace_id;  // 32 lower-case hexadecimal digits, not all 0
  std::string_view span_id;   // 16 of these: the caller's span (parent-id)
};

// Reads the value of a traceparent header (W3C Trace Context, section 3.2). Of
// a version that is not known yet, what version 00 has.
TraceContext ParseTraceparent(std::string_view header);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_TRACE_CONTEXT_H_

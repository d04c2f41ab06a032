#include "tests/fuzz/header_fuzz.h"

#include "service/address.h"
#include "service/resume_token.h"
#include "service/trace_context.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

bool IsPartOf(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() &&
         part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

void HeaderWords(std::string_view input) {
  const service::TraceContext trace = service::ParseTraceparent(input);
  if (!trace.trace_id.empty()) {
    Require(IsPartOf(trace.trace_id, input) && IsPartOf(trace.span_id, input) &&
                trace.trace_id.size() == 32 && trace.span_id.size() == 16,
            "ids have their size");
  }
  (void)service::ParseAddress(input);
  const auto token = service::ResumeToken::Parse(input);
  if (token.ok()) {
    const auto again = service::ResumeToken::Parse(token->Print());
    Require(again.ok() && again->epoch == token->epoch &&
                again->labels == token->labels &&
                again->opened == token->opened &&
                again->cursor == token->cursor &&
                again->position == token->position,
            "a token is written as it was read");
  }
}

}  // namespace parley::fuzz

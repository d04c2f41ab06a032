// Applies remote descriptions from standard input and says what the engine
// makes of each, for corpus.py. Not a test of its own.
//
// Input: records of a header line "<command> <bytes>", then that many bytes:
//   N  a new peer                        (no bytes)
//   O  setRemoteDescription(offer), createAnswer, setLocalDescription
//   P  plans setRemoteDescription(offer) only: nothing changes
// Output: one line each: "ok <detail>" or "error <reason> <message>".
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "core/base/errors.h"
#include "core/sdp/parser.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep::testing {

std::string ErrorVerdict(const absl::Status& status) {
  const auto error = GetError(status);
  std::string message(status.message());
  for (char& c : message) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return "error " + std::string(error ? ReasonName(error->reason) : "NONE") +
         " " + message;
}

// "audio:0 video:1" without what the answer rejects.
std::string Accepted(const Session& session) {
  std::string result;
  if (!session.current_local) return result;
  for (const auto& section : session.current_local->body->parsed.sections) {
    result += ' ';
    result += section.port == 0 ? "-" : section.media;
  }
  return result;
}

std::string Answer(Engine& engine, const std::string& text) {
  absl::Status status =
      engine.TryRemote({.type = SdpType::kOffer, .text = text});
  if (!status.ok()) return ErrorVerdict(status);
  auto created = jsep::CreateAnswer(engine.session, engine.random);
  if (!created.ok()) return ErrorVerdict(created.status());
  Remember(engine.session, *created);
  const std::string answer = created->text();
  if (const auto parsed = sdp::Parse(answer); !parsed.ok()) {
    return ErrorVerdict(parsed.status());
  }
  status = engine.TryLocal({.type = SdpType::kAnswer, .text = answer});
  if (!status.ok()) return ErrorVerdict(status);
  return "ok" + Accepted(engine.session);
}

std::string PlanOnly(const Engine& engine, const std::string& text) {
  const auto plan =
      PlanRemote(engine.session, {.type = SdpType::kOffer, .text = text});
  return plan.ok() ? "ok" : ErrorVerdict(plan.status());
}

}  // namespace parley::jsep::testing

int main() {
  using namespace parley::jsep::testing;
  auto engine = std::make_unique<Engine>();
  char command = 0;
  size_t bytes = 0;
  while (std::cin >> command >> bytes) {
    std::cin.ignore(1);
    std::string text(bytes, '\0');
    if (!std::cin.read(text.data(), static_cast<std::streamsize>(bytes))) {
      return EXIT_FAILURE;
    }
    if (command == 'N') {
      engine = std::make_unique<Engine>();
      std::cout << "ok\n";
    } else {
      std::cout << (command == 'O' ? Answer(*engine, text)
                                   : PlanOnly(*engine, text))
                << '\n';
    }
  }
  return EXIT_SUCCESS;
}

#include "tests/core/loop/fake_dns.h"

#include <optional>

#include "absl/strings/match.h"

namespace parley::testing {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr char kTypeA = 1;
constexpr char kTypeAaaa = 28;
constexpr char kNameError = 3;

// The labels of a question, with dots between them.
std::string NameOf(const std::string& query) {
  std::string name;
  for (size_t at = kHeaderBytes; at < query.size() && query[at] != 0;
       at += 1 + query[at]) {
    if (!name.empty()) name += '.';
    name += query.substr(at + 1, query[at]);
  }
  return name;
}

// One answer for the name of the question, which lives for a minute.
std::string Record(char type, std::string data) {
  std::string record("\xc0\x0c\x00\x00\x00\x01\x00\x00\x00\x3c\x00", 11);
  record[3] = type;
  record += static_cast<char>(data.size());
  return record + data;
}

}  // namespace

FakeDns::FakeDns() : thread_([this] { Serve(); }) {}

FakeDns::~FakeDns() {
  socket_.Shut();
  thread_.join();
}

std::string FakeDns::address() const {
  return "127.0.0.1:" + std::to_string(socket_.port());
}

int FakeDns::Queries(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  return queries_[name];
}

void FakeDns::Serve() {
  while (std::optional<LoopbackSocket::Datagram> query = socket_.Receive()) {
    if (query->bytes.size() < kHeaderBytes) return;
    const std::string answer = Answer(query->bytes);
    if (!answer.empty()) socket_.Send(answer, query->from);
  }
}

std::string FakeDns::Answer(const std::string& query) {
  const std::string name = NameOf(query);
  {
    absl::MutexLock lock(&mutex_);
    ++queries_[name];
  }
  if (absl::EndsWith(name, "silent.test")) return "";
  const size_t question = kHeaderBytes + name.size() + 2;
  const char type = query[question + 1];
  // The question, and nothing after it (c-ares may add an OPT record).
  std::string answer = query.substr(0, question + 4);
  answer[2] = '\x81';  // a response, recursion desired
  answer[3] = '\x80';  // recursion available
  for (size_t i = 6; i < kHeaderBytes; ++i) answer[i] = 0;
  std::string record;
  if (type == kTypeA && (name == "good.test" || name == "four.test")) {
    record = Record(kTypeA, std::string("\xc0\x00\x02\x07", 4));
  } else if (type == kTypeAaaa && name == "good.test") {
    record =
        Record(kTypeAaaa,
               std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16));
  } else if (name == "none.test") {
    answer[3] |= kNameError;
  }
  answer[7] = record.empty() ? 0 : 1;
  return answer + record;
}

}  // namespace parley::testing

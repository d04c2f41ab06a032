// What negotiation costs, by number of sections: audio and video in turn, the
// last one for data channels.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "core/jsep/answer.h"
#include "core/jsep/offer.h"
#include "core/jsep/plan.h"
#include "core/jsep/session.h"
#include "core/jsep/transceivers.h"
#include "tests/testing/fake_random.h"

namespace parley::jsep {
namespace {

using parley::testing::FakeRandom;

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) std::abort();
  return *std::move(value);
}

Configuration OneCertificate() {
  Configuration configuration;
  configuration.fingerprints = {
      {.algorithm = "sha-256",
       .value = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"}};
  return configuration;
}

Session NewSession(FakeRandom& random) {
  return Must(MakeSession(OneCertificate(), random));
}

Session WithSections(size_t count, FakeRandom& random) {
  Session session = NewSession(random);
  for (size_t i = 0; i + 1 < count; ++i) {
    Must(AddTransceiver(session,
                        i % 2 == 0 ? MediaKind::kAudio : MediaKind::kVideo, {},
                        random));
  }
  if (!NoteDataChannelCreated(session).ok()) std::abort();
  return session;
}

void Set(Session& session, Side side, SdpType type, const std::string& text,
         FakeRandom& random) {
  Plan plan =
      Must(side == Side::kLocal
               ? PlanLocal(session, {.type = type, .text = text}, random)
               : PlanRemote(session, {.type = type, .text = text}));
  if (!plan.refused.ok()) std::abort();
  Effects effects = Commit(session, std::move(plan));
  benchmark::DoNotOptimize(effects);
}

std::string CreateAndSet(Session& session, SdpType type, FakeRandom& random) {
  const CreatedDescription created =
      type == SdpType::kOffer ? Must(CreateOffer(session, {}, random))
                              : Must(CreateAnswer(session, random));
  Remember(session, created);
  Set(session, Side::kLocal, type, created.text(), random);
  return created.text();
}

// createOffer, the peer changed since the last call.
void BM_CreateOffer(benchmark::State& state) {
  FakeRandom random;
  Session session = WithSections(static_cast<size_t>(state.range(0)), random);
  const bool has_media = !session.transceivers.empty();
  size_t bytes = 0;
  bool flip = false;
  for (auto _ : state) {
    flip = !flip;
    if (has_media) {
      (void)SetDirection(session, 1,
                         flip ? Direction::kSendOnly : Direction::kSendRecv);
    } else {
      ++session.revision;
    }
    const CreatedDescription offer = Must(CreateOffer(session, {}, random));
    Remember(session, offer);
    bytes = offer.text().size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

// The same once the first offer was answered.
void BM_CreateReoffer(benchmark::State& state) {
  FakeRandom random;
  Session session = WithSections(static_cast<size_t>(state.range(0)), random);
  Session other = NewSession(random);
  Set(other, Side::kRemote, SdpType::kOffer,
      CreateAndSet(session, SdpType::kOffer, random), random);
  Set(session, Side::kRemote, SdpType::kAnswer,
      CreateAndSet(other, SdpType::kAnswer, random), random);
  for (auto _ : state) {
    ++session.revision;
    const CreatedDescription offer = Must(CreateOffer(session, {}, random));
    benchmark::DoNotOptimize(offer);
  }
}

// setRemoteDescription, createAnswer, setLocalDescription.
void BM_Answer(benchmark::State& state) {
  FakeRandom random;
  Session offerer = WithSections(static_cast<size_t>(state.range(0)), random);
  const std::string offer = CreateAndSet(offerer, SdpType::kOffer, random);
  const Session fresh = NewSession(random);
  for (auto _ : state) {
    Session session = fresh;
    Set(session, Side::kRemote, SdpType::kOffer, offer, random);
    CreateAndSet(session, SdpType::kAnswer, random);
  }
  state.counters["bytes"] = static_cast<double>(offer.size());
}

// The parts of it: setRemoteDescription, with its parsing,
void BM_SetRemoteOffer(benchmark::State& state) {
  FakeRandom random;
  Session offerer = WithSections(static_cast<size_t>(state.range(0)), random);
  const std::string offer = CreateAndSet(offerer, SdpType::kOffer, random);
  const Session fresh = NewSession(random);
  for (auto _ : state) {
    Session session = fresh;
    Set(session, Side::kRemote, SdpType::kOffer, offer, random);
  }
}

// createAnswer with its printing,
void BM_CreateAnswer(benchmark::State& state) {
  FakeRandom random;
  Session offerer = WithSections(static_cast<size_t>(state.range(0)), random);
  Session session = NewSession(random);
  Set(session, Side::kRemote, SdpType::kOffer,
      CreateAndSet(offerer, SdpType::kOffer, random), random);
  for (auto _ : state) {
    ++session.revision;
    const CreatedDescription answer = Must(CreateAnswer(session, random));
    benchmark::DoNotOptimize(answer);
  }
}

// and setLocalDescription.
void BM_SetLocalAnswer(benchmark::State& state) {
  FakeRandom random;
  Session offerer = WithSections(static_cast<size_t>(state.range(0)), random);
  Session offered = NewSession(random);
  Set(offered, Side::kRemote, SdpType::kOffer,
      CreateAndSet(offerer, SdpType::kOffer, random), random);
  const CreatedDescription answer = Must(CreateAnswer(offered, random));
  Remember(offered, answer);
  for (auto _ : state) {
    Session session = offered;
    Set(session, Side::kLocal, SdpType::kAnswer, answer.text(), random);
  }
}

// setLocalDescription of an offer, and setRemoteDescription of its answer.
void BM_BeAnswered(benchmark::State& state) {
  FakeRandom random;
  Session offerer = WithSections(static_cast<size_t>(state.range(0)), random);
  const CreatedDescription offer = Must(CreateOffer(offerer, {}, random));
  Remember(offerer, offer);
  Session answerer = NewSession(random);
  Set(answerer, Side::kRemote, SdpType::kOffer, offer.text(), random);
  const std::string answer = CreateAndSet(answerer, SdpType::kAnswer, random);
  for (auto _ : state) {
    Session session = offerer;
    Set(session, Side::kLocal, SdpType::kOffer, offer.text(), random);
    Set(session, Side::kRemote, SdpType::kAnswer, answer, random);
  }
}

void BM_CopySession(benchmark::State& state) {
  FakeRandom random;
  Session session = WithSections(static_cast<size_t>(state.range(0)), random);
  CreateAndSet(session, SdpType::kOffer, random);
  for (auto _ : state) {
    Session copy = session;
    benchmark::DoNotOptimize(copy);
  }
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int sections : {1, 3, 20, 100, 1000}) benchmark->Arg(sections);
}

BENCHMARK(BM_CreateOffer)->Apply(Sizes);
BENCHMARK(BM_CreateReoffer)->Apply(Sizes);
BENCHMARK(BM_Answer)->Apply(Sizes);
BENCHMARK(BM_SetRemoteOffer)->Apply(Sizes);
BENCHMARK(BM_CreateAnswer)->Apply(Sizes);
BENCHMARK(BM_SetLocalAnswer)->Apply(Sizes);
BENCHMARK(BM_BeAnswered)->Apply(Sizes);
BENCHMARK(BM_CopySession)->Apply(Sizes);

}  // namespace
}  // namespace parley::jsep

BENCHMARK_MAIN();

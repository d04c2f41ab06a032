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

BENCHMARK(BM_CreateOffer)->Arg(1)->Arg(3)->Arg(20)->Arg(100)->Arg(1000);
BENCHMARK(BM_CreateReoffer)->Arg(1)->Arg(3)->Arg(20)->Arg(100)->Arg(400);
BENCHMARK(BM_Answer)->Arg(1)->Arg(3)->Arg(20)->Arg(100)->Arg(400);
BENCHMARK(BM_BeAnswered)->Arg(1)->Arg(3)->Arg(20)->Arg(100)->Arg(400);
BENCHMARK(BM_CopySession)->Arg(3)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace parley::jsep

BENCHMARK_MAIN();

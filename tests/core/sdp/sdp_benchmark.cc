// What parsing, printing, copying and comparing a description costs, by number
// of sections. The text is a browser's offer of audio, video and data whose
// media sections are repeated as often as needed.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "benchmark/benchmark.h"
#include "core/sdp/parser.h"
#include "core/sdp/printer.h"

namespace parley::sdp {
namespace {

// A thousand sections of all codecs are some megabytes.
constexpr ParseLimits kLimits = {.bytes = 16 << 20};

Description BrowserOffer() {
  std::ifstream file(PARLEY_TEST_DATA "/corpus/chromium-exp-av-dc-0-offer.sdp",
                     std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto parsed = Parse(text);
  if (!parsed.ok()) std::abort();
  return *std::move(parsed);
}

// With `count` sections: the offer's own in turn.
Description Offer(size_t count) {
  Description offer = BrowserOffer();
  std::vector<MediaSection> own = std::move(offer.sections);
  offer.sections.clear();
  for (size_t i = 0; i < count; ++i) {
    offer.sections.push_back(own[i % own.size()]);
    offer.sections.back().mid = std::to_string(i);
  }
  return offer;
}

void BM_Parse(benchmark::State& state) {
  const std::string text = ToString(Offer(state.range(0)));
  for (auto _ : state) {
    auto parsed = Parse(text, kLimits);
    benchmark::DoNotOptimize(parsed);
  }
  state.SetBytesProcessed(state.iterations() * text.size());
  state.counters["bytes"] = text.size();
}

void BM_Print(benchmark::State& state) {
  const Description offer = Offer(state.range(0));
  for (auto _ : state) {
    std::string text = ToString(offer);
    benchmark::DoNotOptimize(text);
  }
}

void BM_Copy(benchmark::State& state) {
  const Description offer = Offer(state.range(0));
  for (auto _ : state) {
    Description copy = offer;
    benchmark::DoNotOptimize(copy);
  }
}

void BM_Equal(benchmark::State& state) {
  const Description offer = Offer(state.range(0));
  const Description copy = offer;
  for (auto _ : state) benchmark::DoNotOptimize(offer == copy);
}

BENCHMARK(BM_Parse)->Arg(1)->Arg(3)->Arg(20)->Arg(100)->Arg(1000);
BENCHMARK(BM_Print)->Arg(1)->Arg(3)->Arg(20)->Arg(100)->Arg(1000);
BENCHMARK(BM_Copy)->Arg(1)->Arg(3)->Arg(20)->Arg(100)->Arg(1000);
BENCHMARK(BM_Equal)->Arg(1)->Arg(3)->Arg(20)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace parley::sdp

BENCHMARK_MAIN();

#include "tests/fuzz/seeds.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "gtest/gtest.h"

namespace parley::fuzz {
namespace {

constexpr int kDamagedForms = 60;
constexpr std::string_view kSpice("\r\n\0 :;,=/*~-0123456789\x7f\xff", 24);

}  // namespace

std::vector<std::string> ReadSeeds(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  EXPECT_FALSE(paths.empty()) << directory;
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file),
                       std::istreambuf_iterator<char>());
  }
  return seeds;
}

void RunDamaged(std::string_view seed,
                const std::function<void(std::string_view)>& entry) {
  entry(seed);
  if (seed.empty()) return;
  std::minstd_rand random(seed.size());
  for (int i = 0; i < kDamagedForms; ++i) {
    std::string text(seed);
    const size_t at = random() % text.size();
    const size_t length = random() % 40;
    switch (i % 4) {
      case 0:
        text.resize(at);
        break;
      case 1:
        text[at] = kSpice[random() % kSpice.size()];
        break;
      case 2:
        text.erase(at, length);
        break;
      default:
        text.insert(random() % text.size(), text.substr(at, length));
    }
    entry(text);
  }
}

}  // namespace parley::fuzz

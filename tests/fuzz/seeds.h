// Running a fuzz entry point over its seeds as part of the ordinary tests.
#ifndef PARLEY_TESTS_FUZZ_SEEDS_H_
#define PARLEY_TESTS_FUZZ_SEEDS_H_

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::fuzz {

// The contents of all files of a directory, in the order of their names. Fails
// the test where there are none.
std::vector<std::string> ReadSeeds(const std::filesystem::path& directory);

// Runs the entry over the seed and over damaged forms of it: cut, with bytes
// replaced, with pieces taken out and doubled. The same ones every time.
void RunDamaged(std::string_view seed,
                const std::function<void(std::string_view)>& entry);

}  // namespace parley::fuzz

#endif  // PARLEY_TESTS_FUZZ_SEEDS_H_

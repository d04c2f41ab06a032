// What holds for sections of our descriptions, of offers and answers alike.
#ifndef PARLEY_TESTS_CORPUS_SECTION_RULES_H_
#define PARLEY_TESTS_CORPUS_SECTION_RULES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sdp/description.h"
#include "tests/corpus/validator.h"

namespace parley::corpus {

std::string In(size_t section, std::string_view what);

// The mids of the BUNDLE groups, section by section: the index of the tagged
// section of its group, or none. Adds faults for mids that are unknown, named
// twice or rejected.
std::vector<std::optional<size_t>> BundleTags(const sdp::Description& ours,
                                              Faults& faults);
// The same of a description that is not ours to judge.
std::vector<std::optional<size_t>> BundleTags(const sdp::Description& theirs);

// Live sections only: formats, extensions, simulcast, SCTP.
void CheckContent(const sdp::Description& ours, size_t i, Faults& faults);
// Of a section that has a transport of its own.
void CheckTransport(const sdp::Description& ours, size_t i, Faults& faults);
// RFC 9143 section 9.1: within a bundle a payload type and an extension id mean
// one thing.
void CheckBundledNumbers(const sdp::Description& ours,
                         const std::vector<std::optional<size_t>>& tags,
                         Faults& faults);

bool SameCodecName(const sdp::Codec& a, const sdp::Codec& b);
bool IsSending(sdp::Direction direction);
bool IsReceiving(sdp::Direction direction);

}  // namespace parley::corpus

#endif  // PARLEY_TESTS_CORPUS_SECTION_RULES_H_

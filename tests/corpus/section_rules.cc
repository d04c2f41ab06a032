#include "tests/corpus/section_rules.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "core/sdp/fmtp.h"
#include "core/sdp/query.h"

namespace parley::corpus {
namespace {

bool IsIceChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/';
}

bool IsIceText(std::string_view text, size_t min) {
  return text.size() >= min && text.size() <= 256 &&
         std::all_of(text.begin(), text.end(), IsIceChar);
}

void CheckCodecs(const sdp::MediaSection& section, size_t i, Faults& faults) {
  std::set<int> seen;
  if (section.codecs.empty()) {
    faults.push_back(In(i, "no format (RFC 8866 5.14)"));
  }
  for (const sdp::Codec& codec : section.codecs) {
    const std::string number = std::to_string(codec.payload_type);
    if (codec.payload_type > 127) {
      faults.push_back(In(i, "payload type " + number + " (RFC 3550 5.1)"));
    }
    if (codec.name.empty()) {
      faults.push_back(In(i, number + " has no rtpmap (RFC 9429 5.2.1)"));
    }
    if (!seen.insert(codec.payload_type).second) {
      faults.push_back(In(i, number + " twice (RFC 8866 5.14)"));
    }
  }
  for (const sdp::Codec& codec : section.codecs) {
    if (codec.name != "rtx") continue;
    const auto apt = sdp::AssociatedPayloadType(codec);
    if (!apt || !seen.contains(*apt) || *apt == codec.payload_type) {
      faults.push_back(In(i, "rtx without its primary (RFC 4588 8.6)"));
    }
  }
}

void CheckSimulcast(const sdp::MediaSection& section, size_t i,
                    Faults& faults) {
  std::set<std::string> rids;
  for (const sdp::Rid& rid : section.rids) {
    if (!rids.insert(rid.id).second) {
      faults.push_back(In(i, "rid " + rid.id + " twice (RFC 8851 5)"));
    }
  }
  if (!section.simulcast) return;
  for (const auto* list :
       {&section.simulcast->send, &section.simulcast->recv}) {
    for (const sdp::SimulcastStream& stream : *list) {
      for (const sdp::SimulcastAlternative& one : stream) {
        if (!rids.contains(one.rid)) {
          faults.push_back(In(i, "simulcast of no rid (RFC 8853 5.2)"));
        }
      }
    }
  }
}

std::vector<std::optional<size_t>> ReadTags(const sdp::Description& description,
                                            Faults* faults) {
  const auto fault = [&](const std::string& what) {
    if (faults) faults->push_back("BUNDLE names " + what + " (RFC 9143 7)");
  };
  std::vector<std::optional<size_t>> tags(description.sections.size());
  for (const sdp::Group& group : description.groups) {
    if (group.semantics != "BUNDLE") continue;
    std::optional<size_t> tag;
    for (const std::string& mid : group.mids) {
      const sdp::MediaSection* section = sdp::FindSection(description, mid);
      if (section == nullptr) {
        fault("the unknown mid " + mid);
        continue;
      }
      const size_t i = section - description.sections.data();
      if (sdp::IsRejected(*section)) {
        fault("the rejected mid " + mid);
        continue;
      }
      if (tags[i]) fault(mid + " twice");
      if (!tag) tag = i;
      tags[i] = tag;
    }
  }
  return tags;
}

}  // namespace

std::string In(size_t section, std::string_view what) {
  return "section " + std::to_string(section) + ": " + std::string(what);
}

std::vector<std::optional<size_t>> BundleTags(const sdp::Description& ours,
                                              Faults& faults) {
  return ReadTags(ours, &faults);
}

std::vector<std::optional<size_t>> BundleTags(const sdp::Description& theirs) {
  return ReadTags(theirs, nullptr);
}

void CheckContent(const sdp::Description& ours, size_t i, Faults& faults) {
  const sdp::MediaSection& section = ours.sections[i];
  if (!section.conflicts.empty()) {
    faults.push_back(In(i, section.conflicts.front() + " contradicts"));
  }
  if (sdp::IsDataSection(section)) {
    if (!sdp::SctpPort(section).value_or(0)) {
      faults.push_back(In(i, "no sctp-port (RFC 8841 5)"));
    }
    return;
  }
  CheckCodecs(section, i, faults);
  if (!section.unlisted_codecs.empty()) {
    faults.push_back(In(i, "speaks of formats that it does not list"));
  }
  std::set<int> ids;
  for (const sdp::ExtMap& extension : section.extmaps) {
    if (extension.id < 1 || extension.id > 255 ||
        !ids.insert(extension.id).second) {
      faults.push_back(In(
          i, "extension id " + std::to_string(extension.id) + " (RFC 8285 5)"));
    }
  }
  CheckSimulcast(section, i, faults);
}

void CheckTransport(const sdp::Description& ours, size_t i, Faults& faults) {
  const sdp::MediaSection& section = ours.sections[i];
  const auto ice = sdp::EffectiveIceCredentials(ours, section);
  if (!IsIceText(ice.ufrag, 4) || !IsIceText(ice.pwd, 22)) {
    faults.push_back(In(i, "ICE credentials (RFC 8839 5.4)"));
  }
  const auto fingerprints = sdp::EffectiveFingerprints(ours, section);
  if (fingerprints.empty()) {
    faults.push_back(In(i, "no fingerprint (RFC 8122 5)"));
  }
}

void CheckBundledNumbers(const sdp::Description& ours,
                         const std::vector<std::optional<size_t>>& tags,
                         Faults& faults) {
  std::map<std::pair<size_t, int>, const sdp::Codec*> codecs;
  std::map<std::pair<size_t, int>, std::string_view> extensions;
  for (size_t i = 0; i < ours.sections.size(); ++i) {
    if (!tags[i]) continue;
    for (const sdp::Codec& codec : ours.sections[i].codecs) {
      const auto [at, fresh] =
          codecs.insert({{*tags[i], codec.payload_type}, &codec});
      if (!fresh && !SameCodecName(*at->second, codec)) {
        faults.push_back(In(i, std::to_string(codec.payload_type) +
                                   " is two codecs (RFC 9143 9.1)"));
      }
    }
    for (const sdp::ExtMap& extension : ours.sections[i].extmaps) {
      const auto [at, fresh] =
          extensions.insert({{*tags[i], extension.id}, extension.uri});
      if (!fresh && at->second != extension.uri) {
        faults.push_back(In(i, "extension id " + std::to_string(extension.id) +
                                   " is two (RFC 9143 9.1)"));
      }
    }
  }
}

bool SameCodecName(const sdp::Codec& a, const sdp::Codec& b) {
  return a.clock_rate == b.clock_rate && a.channels == b.channels &&
         std::equal(a.name.begin(), a.name.end(), b.name.begin(), b.name.end(),
                    [](unsigned char x, unsigned char y) {
                      return std::tolower(x) == std::tolower(y);
                    });
}

bool IsSending(sdp::Direction direction) {
  return direction == sdp::Direction::kSendRecv ||
         direction == sdp::Direction::kSendOnly;
}

bool IsReceiving(sdp::Direction direction) {
  return direction == sdp::Direction::kSendRecv ||
         direction == sdp::Direction::kRecvOnly;
}

}  // namespace parley::corpus

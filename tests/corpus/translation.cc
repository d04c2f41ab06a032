#include "tests/corpus/translation.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>
#include <string_view>

#include "core/jsep/codecs.h"
#include "core/sdp/fmtp.h"
#include "core/sdp/query.h"

namespace parley::corpus {
namespace {

using sdp::Codec;
using sdp::Description;
using sdp::MediaSection;

// What a codec of a section is, whatever its number: for rtx, what it repairs.
std::string KeyOf(const MediaSection& section, const Codec& codec) {
  const Codec* meant = &codec;
  std::string key = section.media;
  if (const auto apt = sdp::AssociatedPayloadType(codec);
      apt && jsep::RoleOf(codec) == jsep::CodecRole::kRetransmission) {
    key += " rtx";
    meant = sdp::FindCodec(section, *apt);
    if (meant == nullptr || meant == &codec) return key;
  }
  const jsep::CodecIdentity identity = jsep::IdentityOf(*meant);
  for (const uint64_t part : {identity.name, uint64_t{identity.clock_rate},
                              uint64_t{identity.channels}, identity.detail}) {
    key += ' ';
    key += std::to_string(part);
  }
  return key;
}

const Codec* FindByKey(const MediaSection& section, const std::string& key) {
  for (const Codec& codec : section.codecs) {
    if (KeyOf(section, codec) == key) return &codec;
  }
  return nullptr;
}

bool Lists(const MediaSection& section, int number) {
  return sdp::FindCodec(section, static_cast<uint8_t>(number)) != nullptr;
}

using Renumber = std::function<std::optional<int>(int)>;

// apt, and red's "111/111". Whether all that it names is there.
bool RenumberParameters(const Renumber& renumber, Codec& codec) {
  if (const auto apt = sdp::AssociatedPayloadType(codec)) {
    const auto number = renumber(*apt);
    if (!number) return false;
    sdp::SetParameter(codec.fmtp, "apt", std::to_string(*number));
    return true;
  }
  const bool is_list =
      !codec.fmtp.empty() &&
      std::all_of(codec.fmtp.begin(), codec.fmtp.end(),
                  [](unsigned char c) { return std::isdigit(c) || c == '/'; });
  if (!is_list) return true;
  std::string list;
  for (std::string_view rest = codec.fmtp; !rest.empty();) {
    const size_t end = std::min(rest.find('/'), rest.size());
    int number = 0;
    std::from_chars(rest.data(), rest.data() + end, number);
    const auto ours = renumber(number);
    if (!ours) return false;
    if (!list.empty()) list += '/';
    list += std::to_string(*ours);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  codec.fmtp = std::move(list);
  return true;
}

// A number that neither section uses.
int FreeNumber(const MediaSection& a, const MediaSection& b) {
  int number = 127;
  while (number > 0 && (Lists(a, number) || Lists(b, number))) --number;
  return number;
}

// Codecs that the answer's codecs are in Parley's offer; those it does not
// have are dropped, those that nobody offered get a number that nobody offered.
void RenumberAnswered(const MediaSection& recorded_offer,
                      const MediaSection& our_offer, MediaSection& section) {
  const Renumber renumber = [&](int number) -> std::optional<int> {
    const Codec* offered =
        sdp::FindCodec(recorded_offer, static_cast<uint8_t>(number));
    if (offered == nullptr) return FreeNumber(our_offer, section);
    const Codec* ours = FindByKey(our_offer, KeyOf(recorded_offer, *offered));
    if (ours == nullptr) return std::nullopt;
    return ours->payload_type;
  };
  std::vector<Codec> codecs;
  for (Codec codec : section.codecs) {
    const auto number = renumber(codec.payload_type);
    if (!number || !RenumberParameters(renumber, codec)) continue;
    const Codec* recorded = sdp::FindCodec(recorded_offer, codec.payload_type);
    codec.payload_type = static_cast<uint8_t>(*number);
    const Codec* ours = sdp::FindCodec(our_offer, codec.payload_type);
    if (recorded && ours) {
      std::erase_if(codec.rtcp_feedback, [&](const std::string& feedback) {
        const auto has = [&](const Codec& one) {
          return std::find(one.rtcp_feedback.begin(), one.rtcp_feedback.end(),
                           feedback) != one.rtcp_feedback.end();
        };
        return has(*recorded) && !has(*ours);
      });
    }
    codecs.push_back(std::move(codec));
  }
  section.codecs = std::move(codecs);
  std::erase_if(section.unlisted_codecs, [&](const Codec& codec) {
    return Lists(section, codec.payload_type);
  });
}

void RenumberAnsweredExtensions(const MediaSection& recorded_offer,
                                const MediaSection& our_offer,
                                MediaSection& section) {
  const auto with_uri = [](const MediaSection& in, const std::string& uri) {
    return std::find_if(in.extmaps.begin(), in.extmaps.end(),
                        [&](const sdp::ExtMap& e) { return e.uri == uri; });
  };
  std::vector<sdp::ExtMap> kept;
  for (sdp::ExtMap& extension : section.extmaps) {
    const auto recorded = with_uri(recorded_offer, extension.uri);
    if (recorded != recorded_offer.extmaps.end()) {
      const auto ours = with_uri(our_offer, extension.uri);
      if (ours == our_offer.extmaps.end()) continue;
      // An id that was not the offered one stays another one.
      extension.id = recorded->id == extension.id ? ours->id : ours->id + 100;
    }
    kept.push_back(std::move(extension));
  }
  section.extmaps = std::move(kept);
}

bool HasRid(const MediaSection& section, const std::string& id) {
  return std::any_of(section.rids.begin(), section.rids.end(),
                     [&](const sdp::Rid& rid) { return rid.id == id; });
}

// Layers that only the recorded offer had.
void DropLayers(const MediaSection& recorded_offer,
                const MediaSection& our_offer, MediaSection& section) {
  const auto foreign = [&](const std::string& id) {
    return HasRid(recorded_offer, id) && !HasRid(our_offer, id);
  };
  std::erase_if(section.rids,
                [&](const sdp::Rid& rid) { return foreign(rid.id); });
  for (sdp::Rid& rid : section.rids) {
    if (rid.restrictions.find("pt=") != std::string::npos) {
      rid.restrictions.clear();
    }
  }
  if (!section.simulcast) return;
  for (auto* list : {&section.simulcast->send, &section.simulcast->recv}) {
    for (sdp::SimulcastStream& stream : *list) {
      std::erase_if(stream, [&](const sdp::SimulcastAlternative& one) {
        return foreign(one.rid);
      });
    }
    std::erase_if(*list, [](const auto& stream) { return stream.empty(); });
  }
  if (section.simulcast->send.empty() && section.simulcast->recv.empty()) {
    section.simulcast.reset();
  }
}

MediaSection Rejection(const MediaSection& offered) {
  MediaSection section;
  section.media = offered.media;
  section.protocol = offered.protocol;
  section.port = 0;
  section.mid = offered.mid;
  section.formats = offered.formats;
  if (!offered.codecs.empty()) section.codecs = {offered.codecs.front()};
  return section;
}

}  // namespace

const Translation::Slot* Translation::FindSlot(
    const std::string& recorded_mid) const {
  for (const Slot& slot : slots_) {
    if (slot.recorded_mid == recorded_mid && slot.index) return &slot;
  }
  // Of sections without mid browsers make up the index.
  size_t index = slots_.size();
  std::from_chars(recorded_mid.data(),
                  recorded_mid.data() + recorded_mid.size(), index);
  const bool invented = index < slots_.size() && slots_[index].index &&
                        slots_[index].recorded_mid.empty();
  return invented ? &slots_[index] : nullptr;
}

void Translation::LearnOffer(const Description& recorded,
                             const Description& ours) {
  recorded_offer_ = recorded;
  our_offer_ = ours;
  slots_.resize(std::max(slots_.size(), recorded.sections.size()));
  std::set<size_t> taken;
  for (size_t i = 0; i < recorded.sections.size(); ++i) {
    Slot& slot = slots_[i];
    const MediaSection& section = recorded.sections[i];
    const bool recycled = !slot.recorded_mid.empty() && !section.mid.empty() &&
                          section.mid != slot.recorded_mid;
    if (slot.index &&
        (recycled || sdp::IsRejected(section) !=
                         sdp::IsRejected(ours.sections[*slot.index]))) {
      slot.index.reset();
    }
    if (slot.index) taken.insert(*slot.index);
  }
  for (size_t i = 0; i < recorded.sections.size(); ++i) {
    const MediaSection& section = recorded.sections[i];
    Slot& slot = slots_[i];
    for (size_t j = 0; !slot.index && j < ours.sections.size(); ++j) {
      const MediaSection& mine = ours.sections[j];
      const bool rejected = sdp::IsRejected(section);
      if (rejected == sdp::IsRejected(mine) && !taken.contains(j) &&
          (rejected || mine.media == section.media)) {
        slot.index = j;
        taken.insert(j);
      }
    }
    if (!slot.index) continue;
    const MediaSection& mine = ours.sections[*slot.index];
    slot.recorded_mid = section.mid;
    slot.mid = mine.mid;
    for (const Codec& codec : section.codecs) {
      const std::string key = KeyOf(section, codec);
      if (const Codec* same = FindByKey(mine, key)) {
        numbers_[{codec.payload_type, key}] = same->payload_type;
      }
    }
    for (const Codec& codec : mine.codecs) {
      used_numbers_[codec.payload_type] = KeyOf(mine, codec);
    }
    for (const sdp::ExtMap& extension : mine.extmaps) {
      used_extensions_[extension.id] = extension.uri;
      for (const sdp::ExtMap& one : section.extmaps) {
        if (one.uri == extension.uri) {
          extensions_[{one.id, one.uri}] = extension.id;
        }
      }
    }
  }
}

int Translation::OfferedNumber(int number, const std::string& key) {
  const auto [at, fresh] = numbers_.insert({{number, key}, number});
  if (!fresh) return at->second;
  const auto used = used_numbers_.find(number);
  if (used == used_numbers_.end() || used->second == key) return number;
  int free = 127;
  while (used_numbers_.contains(free)) --free;
  used_numbers_[free] = key;
  return at->second = free;
}

void Translation::RenumberOffered(MediaSection& section) {
  std::map<int, int> renumbered;
  for (const Codec& codec : section.codecs) {
    renumbered[codec.payload_type] =
        OfferedNumber(codec.payload_type, KeyOf(section, codec));
  }
  const Renumber renumber = [&](int number) {
    const auto found = renumbered.find(number);
    return found == renumbered.end() ? number : found->second;
  };
  for (Codec& codec : section.codecs) {
    RenumberParameters(renumber, codec);
    codec.payload_type = static_cast<uint8_t>(*renumber(codec.payload_type));
  }
  std::erase_if(section.unlisted_codecs, [&](const Codec& codec) {
    return Lists(section, codec.payload_type);
  });
  const bool changed =
      std::any_of(renumbered.begin(), renumbered.end(),
                  [](const auto& one) { return one.first != one.second; });
  for (sdp::Rid& rid : section.rids) {
    if (changed && rid.restrictions.find("pt=") != std::string::npos) {
      rid.restrictions.clear();
    }
  }
}

void Translation::RenumberExtensions(MediaSection& section) {
  for (sdp::ExtMap& extension : section.extmaps) {
    const auto [at, fresh] =
        extensions_.insert({{extension.id, extension.uri}, extension.id});
    const auto used = used_extensions_.find(extension.id);
    if (fresh && used != used_extensions_.end() &&
        used->second != extension.uri) {
      int free = 1;
      while (used_extensions_.contains(free)) ++free;
      used_extensions_[free] = extension.uri;
      at->second = free;
    }
    extension.id = static_cast<uint16_t>(at->second);
  }
}

Description Translation::Offer(const Description& recorded, size_t sections,
                               const std::set<std::string>& mids) {
  Description offer = recorded;
  offer.sections.clear();
  slots_.resize(std::max(slots_.size(), recorded.sections.size()));
  std::map<std::string, std::string> renamed;
  std::vector<MediaSection> translated(sections);
  std::vector<bool> filled(sections);
  for (size_t i = 0; i < recorded.sections.size(); ++i) {
    MediaSection section = recorded.sections[i];
    Slot& slot = slots_[i];
    if (!slot.index) slot.index = translated.size();
    if (section.mid != slot.recorded_mid || slot.mid.empty()) {
      slot.recorded_mid = section.mid;
      slot.mid = mids.contains(section.mid) ? "x" + section.mid : section.mid;
    }
    if (!section.mid.empty()) {
      renamed[section.mid] = slot.mid;
      section.mid = slot.mid;
    }
    RenumberOffered(section);
    RenumberExtensions(section);
    if (*slot.index >= translated.size()) {
      translated.resize(*slot.index + 1);
      filled.resize(*slot.index + 1);
    }
    filled[*slot.index] = true;
    translated[*slot.index] = std::move(section);
  }
  for (size_t j = 0; j < translated.size(); ++j) {
    if (!filled[j] && j < our_offer_.sections.size()) {
      translated[j] = Rejection(our_offer_.sections[j]);
    }
  }
  offer.sections = std::move(translated);
  for (sdp::Group& group : offer.groups) {
    for (std::string& mid : group.mids) {
      if (const auto found = renamed.find(mid); found != renamed.end()) {
        mid = found->second;
      }
    }
  }
  return offer;
}

MediaSection Translation::AnswerSection(const MediaSection& answered,
                                        const MediaSection& recorded_offer,
                                        const MediaSection& our_offer) const {
  MediaSection section = answered;
  if (section.protocol == recorded_offer.protocol &&
      section.protocol != our_offer.protocol) {
    section.protocol = our_offer.protocol;
    if (sdp::IsDataSection(answered)) {
      section.sctp_port = sdp::SctpPort(answered);
      section.sctpmaps.clear();
      section.formats = our_offer.formats;
    }
  }
  if (section.codecs.empty()) return section;
  RenumberAnswered(recorded_offer, our_offer, section);
  RenumberAnsweredExtensions(recorded_offer, our_offer, section);
  DropLayers(recorded_offer, our_offer, section);
  if (section.codecs.empty()) return Rejection(our_offer);
  return section;
}

Description Translation::Answer(const Description& recorded) const {
  Description answer = recorded;
  answer.sections.clear();
  for (const MediaSection& offered : our_offer_.sections) {
    answer.sections.push_back(Rejection(offered));
  }
  std::map<std::string, std::string> renamed;
  for (size_t i = 0; i < recorded.sections.size(); ++i) {
    const MediaSection& section = recorded.sections[i];
    if (i >= slots_.size() || i >= recorded_offer_.sections.size()) {
      answer.sections.push_back(section);
      continue;
    }
    if (!slots_[i].index) {
      renamed[section.mid].clear();
      continue;
    }
    const size_t j = *slots_[i].index;
    MediaSection& mine = answer.sections[j];
    mine = AnswerSection(section, recorded_offer_.sections[i],
                         our_offer_.sections[j]);
    if (section.mid.empty()) {
      mine.mid.clear();
    } else if (section.mid == recorded_offer_.sections[i].mid ||
               recorded_offer_.sections[i].mid.empty()) {
      mine.mid = our_offer_.sections[j].mid;
    } else {
      mine.mid = "changed" + section.mid;
    }
    if (section.mid.empty()) continue;
    // Left out of the bundle where nothing of it was offered by Parley.
    const bool dropped = section.port != 0 && mine.port == 0;
    renamed[section.mid] = dropped ? std::string() : mine.mid;
  }
  // More or fewer sections than were offered stay more or fewer.
  if (recorded.sections.size() < recorded_offer_.sections.size()) {
    answer.sections.resize(recorded.sections.size());
  }
  for (sdp::Group& group : answer.groups) {
    std::vector<std::string> mids;
    for (const std::string& mid : group.mids) {
      const auto found = renamed.find(mid);
      std::string ours =
          found == renamed.end() ? "unknown" + mid : found->second;
      if (!ours.empty()) mids.push_back(std::move(ours));
    }
    group.mids = std::move(mids);
  }
  return answer;
}

}  // namespace parley::corpus

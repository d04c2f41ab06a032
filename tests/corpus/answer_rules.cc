// An answer beside its offer (RFC 3264 section 6, RFC 9429 section 5.3).
#include <algorithm>
#include <set>
#include <utility>

#include "core/sdp/fmtp.h"
#include "core/sdp/query.h"
#include "tests/corpus/section_rules.h"
#include "tests/corpus/validator.h"

namespace parley::corpus {
namespace {

class AnswerRules {
 public:
  AnswerRules(const sdp::Description& offer, const sdp::Description& answer)
      : offer_(offer), answer_(answer), offered_tags_(BundleTags(offer)) {}

  Faults Check() && {
    if (offer_.sections.size() != answer_.sections.size()) {
      return {"another number of sections (RFC 3264 6)"};
    }
    tags_ = BundleTags(answer_, faults_);
    CheckSession();
    for (size_t i = 0; i < answer_.sections.size(); ++i) CheckSection(i);
    CheckBundle();
    CheckBundledNumbers(answer_, tags_, faults_);
    return std::move(faults_);
  }

 private:
  const sdp::MediaSection& Offered(size_t i) const {
    return offer_.sections[i];
  }
  const sdp::MediaSection& Answered(size_t i) const {
    return answer_.sections[i];
  }
  void Fault(size_t i, std::string_view what) {
    faults_.push_back(In(i, what));
  }

  void CheckSession() {
    std::set<std::string> offered(offer_.transport.ice_options.begin(),
                                  offer_.transport.ice_options.end());
    for (const sdp::MediaSection& section : offer_.sections) {
      offered.insert(section.transport.ice_options.begin(),
                     section.transport.ice_options.end());
    }
    for (const std::string& option : answer_.transport.ice_options) {
      if (!offered.contains(option)) {
        faults_.push_back("ice-options:" + option +
                          " was not offered (RFC 9429 5.3.1)");
      }
    }
  }

  void CheckSection(size_t i) {
    const sdp::MediaSection& offered = Offered(i);
    const sdp::MediaSection& answered = Answered(i);
    if (answered.media != offered.media ||
        answered.protocol != offered.protocol) {
      Fault(i, "another media type or protocol (RFC 9429 5.3.1)");
    }
    if (answered.mid != offered.mid) Fault(i, "another mid (RFC 5888 9.1)");
    if (answered.bundle_only) Fault(i, "bundle-only (RFC 9143 6)");
    if (answered.port == 0) {
      if (tags_[i]) Fault(i, "rejected and bundled (RFC 9143 7.3.3)");
      return;
    }
    if (sdp::IsRejected(offered)) {
      Fault(i, "accepted though not offered (RFC 3264 6)");
      return;
    }
    CheckContent(answer_, i, faults_);
    if (sdp::IsRtpSection(answered)) CheckMedia(i);
    if (tags_[i].value_or(i) == i) CheckOwnTransport(i);
  }

  void CheckMedia(size_t i) {
    const sdp::MediaSection& offered = Offered(i);
    const sdp::MediaSection& answered = Answered(i);
    const auto theirs = sdp::EffectiveDirection(offer_, offered);
    const auto ours = sdp::EffectiveDirection(answer_, answered);
    if ((IsSending(ours) && !IsReceiving(theirs)) ||
        (IsReceiving(ours) && !IsSending(theirs))) {
      Fault(i, "a direction that was not offered (RFC 3264 6.1)");
    }
    if (answered.rtcp_mux != offered.rtcp_mux) {
      Fault(i, "rtcp-mux as not offered (RFC 5761 5.1.1)");
    }
    if (answered.rtcp_mux_only) Fault(i, "rtcp-mux-only (RFC 8858 4.3)");
    if (answered.rtcp_rsize && !offered.rtcp_rsize) {
      Fault(i, "rtcp-rsize was not offered (RFC 5506 5)");
    }
    for (const sdp::Codec& codec : answered.codecs) CheckCodec(i, codec);
    const bool common = std::any_of(
        answered.codecs.begin(), answered.codecs.end(),
        [&](const sdp::Codec& codec) {
          return codec.name != "rtx" &&
                 sdp::FindCodec(offered, codec.payload_type) != nullptr;
        });
    if (!common) Fault(i, "no format of the offer (RFC 3264 6.1)");
    CheckExtensions(i);
    CheckLayers(i);
  }

  void CheckCodec(size_t i, const sdp::Codec& codec) {
    const sdp::MediaSection& offered = Offered(i);
    const sdp::Codec* same = sdp::FindCodec(offered, codec.payload_type);
    if (same == nullptr) return;
    const std::string number = std::to_string(codec.payload_type);
    if (!SameCodecName(*same, codec)) {
      Fault(i, number + " is another codec (RFC 9429 5.3.1)");
    }
    if (codec.name == "rtx" && sdp::AssociatedPayloadType(codec) !=
                                   sdp::AssociatedPayloadType(*same)) {
      Fault(i, number + " repairs another format (RFC 4588 8.6)");
    }
    for (const std::string& feedback : codec.rtcp_feedback) {
      const auto& all = offered.wildcard_rtcp_feedback;
      const auto& own = same->rtcp_feedback;
      if (std::find(own.begin(), own.end(), feedback) == own.end() &&
          std::find(all.begin(), all.end(), feedback) == all.end()) {
        Fault(i, "rtcp-fb " + feedback + " was not offered (RFC 4585 4.2)");
      }
    }
  }

  void CheckExtensions(size_t i) {
    for (const sdp::ExtMap& extension : Answered(i).extmaps) {
      const auto same = [&](const sdp::ExtMap& offered) {
        return offered.id == extension.id && offered.uri == extension.uri;
      };
      const auto& own = Offered(i).extmaps;
      const auto& all = offer_.extmaps;
      if (std::none_of(own.begin(), own.end(), same) &&
          std::none_of(all.begin(), all.end(), same)) {
        Fault(i, "extension " + extension.uri +
                     " was not offered so (RFC 8285 6)");
      }
    }
  }

  // Layers are answered the other way round, and only those that were offered.
  void CheckLayers(size_t i) {
    for (const sdp::Rid& rid : Answered(i).rids) {
      const auto& offered = Offered(i).rids;
      const bool mirrored =
          std::any_of(offered.begin(), offered.end(), [&](const sdp::Rid& one) {
            return one.id == rid.id && one.direction != rid.direction;
          });
      if (!mirrored) Fault(i, "rid " + rid.id + " (RFC 8851 6.2)");
    }
    if (Answered(i).simulcast && !Offered(i).simulcast) {
      Fault(i, "simulcast was not offered (RFC 8853 5.3.2)");
    }
  }

  void CheckOwnTransport(size_t i) {
    CheckTransport(answer_, i, faults_);
    const size_t theirs = offered_tags_[i].value_or(i);
    const auto offered = sdp::EffectiveSetup(offer_, Offered(theirs));
    const auto ours = sdp::EffectiveSetup(answer_, Answered(i));
    if (ours != sdp::Setup::kActive && ours != sdp::Setup::kPassive) {
      Fault(i, "neither active nor passive (RFC 8842 5.3)");
    } else if (ours == offered) {
      Fault(i, "the offered role (RFC 4145 4.1)");
    }
  }

  void CheckBundle() {
    for (size_t i = 0; i < answer_.sections.size(); ++i) {
      if (tags_[i] &&
          (!offered_tags_[i] || offered_tags_[i] != offered_tags_[*tags_[i]])) {
        Fault(i, "bundled as not offered (RFC 9143 7.3)");
      }
      // With another port than 0 bundle-only means nothing (RFC 9143 6).
      if (!tags_[i] && Offered(i).bundle_only && Offered(i).port == 0 &&
          Answered(i).port != 0) {
        Fault(i, "offered bundle-only and not bundled (RFC 9143 7.3.2)");
      }
      const auto tag = offered_tags_[i];
      if (tag && Answered(*tag).port == 0 && Answered(i).port != 0) {
        Fault(i, "kept though its offered tag is rejected (RFC 9143 7.3.3)");
      }
    }
  }

  const sdp::Description& offer_;
  const sdp::Description& answer_;
  const std::vector<std::optional<size_t>> offered_tags_;
  std::vector<std::optional<size_t>> tags_;
  Faults faults_;
};

}  // namespace

Faults CheckAnswer(const sdp::Description& offer,
                   const sdp::Description& answer) {
  return AnswerRules(offer, answer).Check();
}

}  // namespace parley::corpus

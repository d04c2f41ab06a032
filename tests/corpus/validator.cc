#include "tests/corpus/validator.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/sdp/parser.h"
#include "core/sdp/query.h"
#include "tests/corpus/section_rules.h"

namespace parley::corpus {
namespace {

using sdp::Description;

std::optional<Description> Read(std::string_view text, Faults& faults) {
  auto parsed = sdp::Parse(text);
  if (!parsed.ok()) {
    faults.push_back(std::string(parsed.status().message()));
    return std::nullopt;
  }
  if (!text.starts_with("v=0\r\no=- ") || !text.ends_with("\r\n") ||
      std::count(text.begin(), text.end(), '\n') !=
          std::count(text.begin(), text.end(), '\r')) {
    faults.push_back("not v=, o= and CRLF line ends (RFC 8866 9)");
  }
  return *std::move(parsed);
}

Description Hear(std::string_view text) {
  auto parsed = sdp::Parse(text);
  return parsed.ok() ? *std::move(parsed) : Description();
}

bool IsLive(const Description& description, size_t i) {
  return i < description.sections.size() &&
         !sdp::IsRejected(description.sections[i]);
}

bool SameIce(const Description& a, const Description& b, size_t i) {
  const auto one = sdp::EffectiveIceCredentials(a, a.sections[i]);
  const auto two = sdp::EffectiveIceCredentials(b, b.sections[i]);
  return one.ufrag == two.ufrag && one.pwd == two.pwd;
}

bool SameCertificate(const Description& a, const Description& b, size_t i) {
  const auto one = sdp::EffectiveFingerprints(a, a.sections[i]);
  const auto two = sdp::EffectiveFingerprints(b, b.sections[i]);
  return std::equal(one.begin(), one.end(), two.begin(), two.end());
}

// Whether we are the DTLS client of the section's transport.
bool IsClient(const Description& ours, const Description& theirs, size_t i) {
  const auto setup = sdp::EffectiveSetup(ours, ours.sections[i]);
  if (setup == sdp::Setup::kActive) return true;
  if (setup == sdp::Setup::kPassive) return false;
  return sdp::EffectiveSetup(theirs, theirs.sections[i]) ==
         sdp::Setup::kPassive;
}

void CheckMids(const Description& offer, Faults& faults) {
  std::set<std::string> mids;
  for (size_t i = 0; i < offer.sections.size(); ++i) {
    const std::string& mid = offer.sections[i].mid;
    if (mid.empty() || !mids.insert(mid).second) {
      faults.push_back(In(i, "mid missing or twice (RFC 9429 5.2.1)"));
    }
  }
}

// Of a live section: of its own, and where the transport is its own.
void CheckOffered(const Description& offer, size_t i, bool first,
                  const std::vector<std::optional<size_t>>& tags,
                  Faults& faults) {
  const sdp::MediaSection& section = offer.sections[i];
  CheckContent(offer, i, faults);
  if (first && !tags[i]) {
    faults.push_back(In(i, "left out of BUNDLE (RFC 9429 5.2.1)"));
  }
  if (section.bundle_only && (section.port != 0 || tags[i].value_or(i) == i)) {
    faults.push_back(In(i, "bundle-only with a transport (RFC 9143 6)"));
  }
  if (sdp::IsRtpSection(section) && !section.rtcp_mux && !section.bundle_only) {
    faults.push_back(In(i, "no rtcp-mux (RFC 9429 5.2.1)"));
  }
  if (tags[i].value_or(i) != i) return;
  CheckTransport(offer, i, faults);
  if (sdp::EffectiveSetup(offer, section) != sdp::Setup::kActpass) {
    faults.push_back(In(i, "an offer is actpass (RFC 9429 5.2.1)"));
  }
}

void CheckKept(const Description& before, const Description& offer, size_t i,
               Faults& faults) {
  const sdp::MediaSection& was = before.sections[i];
  const sdp::MediaSection& is = offer.sections[i];
  if (was.media != is.media) {
    faults.push_back(In(i, "another media type (RFC 3264 8)"));
  }
  if (!was.mid.empty() && was.mid != is.mid) {
    faults.push_back(In(i, "another mid (RFC 9429 5.2.2)"));
  }
  for (const sdp::Codec& codec : is.codecs) {
    const sdp::Codec* had = sdp::FindCodec(was, codec.payload_type);
    if (had && !SameCodecName(*had, codec)) {
      faults.push_back(In(i, std::to_string(codec.payload_type) +
                                 " is another codec now (RFC 3264 8.3.2)"));
    }
  }
}

}  // namespace

void Validator::CheckOrigin(const Description& ours, Faults& faults) {
  if (session_id_ && *session_id_ != ours.origin.session_id) {
    faults.push_back("another session id (RFC 3264 8)");
  }
  if (session_id_ && ours.origin.session_version < version_) {
    faults.push_back("the version went back (RFC 3264 8)");
  }
  session_id_ = ours.origin.session_id;
  version_ = ours.origin.session_version;
}

Faults Validator::JudgeOffer(std::string_view text, bool restarts) {
  Faults faults;
  auto offer = Read(text, faults);
  if (!offer) return faults;
  CheckOrigin(*offer, faults);
  CheckMids(*offer, faults);
  const auto tags = BundleTags(*offer, faults);
  for (size_t i = 0; i < offer->sections.size(); ++i) {
    if (IsLive(*offer, i)) {
      CheckOffered(*offer, i, !settled_, tags, faults);
    }
  }
  CheckBundledNumbers(*offer, tags, faults);
  if (settled_) {
    const Description& before = settled_->ours;
    if (offer->sections.size() < before.sections.size()) {
      faults.push_back("fewer sections (RFC 3264 8)");
      return faults;
    }
    const auto before_tags = BundleTags(before);
    const auto heard_tags = BundleTags(settled_->theirs);
    for (size_t i = 0; i < before.sections.size(); ++i) {
      if (before.sections[i].port == 0 ||
          settled_->theirs.sections[i].port == 0) {
        continue;
      }
      CheckKept(before, *offer, i, faults);
      if (!IsLive(*offer, i)) continue;
      if (before_tags[i] && heard_tags[i] && !tags[i]) {
        faults.push_back(In(i, "left the bundle (RFC 9143 7.5)"));
      }
      // What is bundled has the transport of its tag.
      if (before_tags[i].value_or(i) != i || heard_tags[i].value_or(i) != i) {
        continue;
      }
      if (SameIce(before, *offer, i) == restarts) {
        faults.push_back(In(i, restarts ? "ICE is not restarted (RFC 8839 4.4)"
                                        : "ICE is restarted (RFC 8839 4.4)"));
      }
      if (!SameCertificate(before, *offer, i)) {
        faults.push_back(In(i, "another certificate (RFC 8842 4)"));
      }
    }
  }
  said_ = *std::move(offer);
  heard_offer_.reset();
  return faults;
}

Faults Validator::JudgeAnswer(std::string_view text) {
  Faults faults;
  auto answer = Read(text, faults);
  if (!answer || !heard_offer_) return faults;
  CheckOrigin(*answer, faults);
  for (std::string& fault : CheckAnswer(*heard_offer_, *answer)) {
    faults.push_back(std::move(fault));
  }
  if (!faults.empty() || !settled_) {
    said_ = *std::move(answer);
    return faults;
  }
  const auto tags = BundleTags(*answer);
  for (size_t i = 0; i < settled_->ours.sections.size(); ++i) {
    if (settled_->ours.sections[i].port == 0 ||
        settled_->theirs.sections[i].port == 0 ||
        answer->sections[i].port == 0 || tags[i].value_or(i) != i ||
        BundleTags(settled_->theirs)[i].value_or(i) != i) {
      continue;
    }
    const bool restarted = !SameIce(settled_->theirs, *heard_offer_, i);
    if (SameIce(settled_->ours, *answer, i) == restarted) {
      faults.push_back(In(i, restarted ? "ICE is not restarted (RFC 8839 4.4)"
                                       : "ICE is restarted (RFC 8839 4.4)"));
    }
    if (SameCertificate(settled_->theirs, *heard_offer_, i) &&
        IsClient(settled_->ours, settled_->theirs, i) !=
            IsClient(*answer, *heard_offer_, i)) {
      faults.push_back(In(i, "the DTLS role changed (RFC 8842 5.5)"));
    }
  }
  said_ = *std::move(answer);
  return faults;
}

void Validator::HearOffer(std::string_view text) {
  heard_offer_ = Hear(text);
  said_.reset();
}

void Validator::HearAnswer(std::string_view text) {
  if (!said_) return;
  settled_ = Exchange{.ours = *std::exchange(said_, std::nullopt),
                      .theirs = Hear(text)};
}

void Validator::Settle() {
  if (!said_ || !heard_offer_) return;
  settled_ = Exchange{.ours = *std::exchange(said_, std::nullopt),
                      .theirs = *std::exchange(heard_offer_, std::nullopt)};
}

void Validator::RollBack() {
  said_.reset();
  heard_offer_.reset();
}

}  // namespace parley::corpus

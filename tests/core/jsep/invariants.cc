#include "tests/core/jsep/invariants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/jsep/blueprint.h"
#include "core/sdp/query.h"
#include "tests/core/jsep/engine.h"

namespace parley::jsep::testing {
namespace {

bool HasPending(const std::optional<SessionDescription>& slot, SdpType type) {
  return slot && slot->type == type;
}

// The slots that go with each state (W3C "set the session description").
bool SlotsFitState(const Session& session) {
  const auto& local = session.pending_local;
  const auto& remote = session.pending_remote;
  switch (session.state) {
    case SignalingState::kStable:
      return !local && !remote && session.last_stable == nullptr;
    case SignalingState::kHaveLocalOffer:
      return HasPending(local, SdpType::kOffer) && !remote;
    case SignalingState::kHaveRemoteOffer:
      return HasPending(remote, SdpType::kOffer) && !local;
    case SignalingState::kHaveLocalPranswer:
      return HasPending(remote, SdpType::kOffer) &&
             HasPending(local, SdpType::kPranswer);
    case SignalingState::kHaveRemotePranswer:
      return HasPending(local, SdpType::kOffer) &&
             HasPending(remote, SdpType::kPranswer);
    case SignalingState::kClosed:
      return true;
  }
  return false;
}

using Format = std::pair<int, std::string>;

std::set<Format> FormatsOf(const std::vector<Codec>& codecs) {
  std::set<Format> formats;
  for (const Codec& codec : codecs) {
    std::string name = codec.name;
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    formats.emplace(codec.payload_type, std::move(name));
  }
  return formats;
}

std::set<std::string> SetOf(const std::vector<std::string>& list) {
  return {list.begin(), list.end()};
}

void ExpectTransceiversAgree(const Transceiver& a, const Transceiver& b) {
  ASSERT_TRUE(a.current_direction && b.current_direction) << *a.mid;
  EXPECT_EQ(*a.current_direction, Reversed(*b.current_direction)) << *a.mid;
  EXPECT_EQ(a.kind, b.kind);
  if (Sends(*a.current_direction)) {
    EXPECT_EQ(SetOf(a.stream_ids), SetOf(b.remote_stream_ids)) << *a.mid;
  }
  if (Sends(*b.current_direction)) {
    EXPECT_EQ(SetOf(b.stream_ids), SetOf(a.remote_stream_ids)) << *a.mid;
  }
}

void ExpectTransportsAgree(const Transport& a, const Transport& b) {
  ASSERT_TRUE(a.remote && b.remote && a.dtls_role && b.dtls_role);
  EXPECT_EQ(a.local, b.remote->credentials);
  EXPECT_EQ(b.local, a.remote->credentials);
  EXPECT_EQ(a.generation, a.remote_generation);
  EXPECT_EQ(b.generation, b.remote_generation);
  EXPECT_NE(*a.dtls_role, *b.dtls_role);
  EXPECT_EQ(a.rtcp_mux, b.rtcp_mux);
}

void ExpectSectionsAgree(const Session& a, const Session& b, size_t i) {
  const Section& mine = a.sections[i];
  const Section& theirs = b.sections[i];
  EXPECT_EQ(mine.mid, theirs.mid);
  EXPECT_EQ(mine.kind, theirs.kind) << mine.mid;
  ASSERT_EQ(mine.rejected, theirs.rejected) << mine.mid;
  if (mine.rejected) return;
  EXPECT_TRUE(mine.answered && theirs.answered) << mine.mid;
  EXPECT_EQ(mine.bundled, theirs.bundled) << mine.mid;
  const Transport* transport = FindTransport(a, mine.transport);
  const Transport* other = FindTransport(b, theirs.transport);
  ASSERT_TRUE(transport && other) << mine.mid;
  ExpectTransportsAgree(*transport, *other);
  EXPECT_EQ(transport->mline_index, other->mline_index) << mine.mid;
  if (!IsMedia(mine.kind)) return;
  ASSERT_TRUE(mine.media && theirs.media) << mine.mid;
  EXPECT_EQ(FormatsOf(mine.media->local_codecs),
            FormatsOf(theirs.media->remote_codecs))
      << mine.mid;
  EXPECT_EQ(FormatsOf(mine.media->remote_codecs),
            FormatsOf(theirs.media->local_codecs))
      << mine.mid;
  const Transceiver* sender = FindTransceiver(a, mine.transceiver);
  const Transceiver* receiver = FindTransceiver(b, theirs.transceiver);
  ASSERT_TRUE(sender && receiver) << mine.mid;
  ExpectTransceiversAgree(*sender, *receiver);
}

}  // namespace

void Invariants::CheckStructure(const Session& session) {
  EXPECT_TRUE(SlotsFitState(session)) << SignalingStateName(session.state);
  CheckSections(session);
  CheckTransports(session);
  CheckTransceivers(session);
}

void Invariants::Check(const Session& session) {
  CheckStructure(session);
  const DescriptionBody* local =
      session.current_local ? session.current_local->body.get() : nullptr;
  if (session.state != SignalingState::kStable || local == last_local_) return;
  last_local_ = local;
  answered_ = session.sections;
  for (const Section& section : session.sections) {
    if (section.media) NoteInForce(section.mid, *section.media);
  }
}

void Invariants::CheckSections(const Session& session) {
  if (session.state == SignalingState::kClosed) return;  // a record only
  ASSERT_GE(session.sections.size(), answered_.size()) << "sections shrank";
  for (size_t i = 0; i < answered_.size(); ++i) {
    if (answered_[i].rejected) continue;
    EXPECT_EQ(session.sections[i].mid, answered_[i].mid);
    EXPECT_EQ(session.sections[i].kind, answered_[i].kind);
  }
  std::set<std::string> mids;
  for (const Section& section : session.sections) {
    EXPECT_TRUE(mids.insert(section.mid).second) << "mid " << section.mid;
    if (section.transport != 0) {
      EXPECT_NE(FindTransport(session, section.transport), nullptr)
          << "mid " << section.mid;
    }
    if (section.answered) {
      EXPECT_NE(section.transport, 0u) << "mid " << section.mid;
    }
  }
}

void Invariants::CheckTransports(const Session& session) {
  for (const Transport& transport : session.transports) {
    uint32_t& last = generations_[transport.id];
    EXPECT_LE(transport.generation, transport.last_generation);
    EXPECT_GE(transport.last_generation, last) << "generations are used anew";
    last = transport.last_generation;
    EXPECT_FALSE(transport.local.ufrag.empty());
  }
}

void Invariants::CheckTransceivers(const Session& session) {
  std::set<TransceiverId> now;
  for (const Transceiver& transceiver : session.transceivers) {
    EXPECT_TRUE(now.insert(transceiver.id).second);
    EXPECT_FALSE(gone_.contains(transceiver.id)) << "an id is used anew";
    EXPECT_EQ(transceiver.mid.has_value(), transceiver.mline_index.has_value());
    if (!transceiver.mline_index) continue;
    ASSERT_LT(*transceiver.mline_index, session.sections.size());
    const Section& section = session.sections[*transceiver.mline_index];
    EXPECT_EQ(section.transceiver, transceiver.id);
    EXPECT_EQ(section.mid, *transceiver.mid);
  }
  for (const TransceiverId id : present_) {
    if (!now.contains(id)) gone_.insert(id);
  }
  present_ = std::move(now);
}

void Invariants::NoteInForce(const std::string& mid,
                             const MediaParameters& media) {
  for (const auto* codecs : {&media.local_codecs, &media.remote_codecs}) {
    for (const Codec& codec : *codecs) {
      const auto known =
          payload_types_.emplace(codec.payload_type, IdentityOf(codec));
      EXPECT_EQ(known.first->second, IdentityOf(codec))
          << "mid " << mid << ": payload type " << int{codec.payload_type}
          << " became " << codec.name << " " << codec.fmtp;
    }
  }
  for (const sdp::ExtMap& extension : media.extensions) {
    const auto known = extensions_.emplace(extension.id, extension.uri);
    EXPECT_EQ(known.first->second, extension.uri)
        << "extension " << extension.id;
  }
}

void Invariants::CheckFormats(const sdp::Description& description) {
  auto payload_types = payload_types_;
  auto extensions = extensions_;
  for (const sdp::MediaSection& section : description.sections) {
    if (sdp::IsRejected(section)) continue;
    for (const Codec& codec : section.codecs) {
      const auto known =
          payload_types.emplace(codec.payload_type, IdentityOf(codec));
      EXPECT_EQ(known.first->second, IdentityOf(codec))
          << "mid " << section.mid << ": payload type "
          << int{codec.payload_type} << " is " << codec.name;
    }
    for (const sdp::ExtMap& extension : section.extmaps) {
      const auto known = extensions.emplace(extension.id, extension.uri);
      EXPECT_EQ(known.first->second, extension.uri)
          << "mid " << section.mid << ": extension " << extension.id;
    }
  }
}

void Invariants::CheckCreated(const CreatedDescription& created,
                              uint64_t before) {
  const sdp::Description parsed = MustParse(created.text());
  const uint64_t version = parsed.origin.session_version;
  const auto known = texts_.emplace(version, created.text());
  if (known.second) {
    EXPECT_EQ(version, before + 1);
  } else {
    EXPECT_EQ(known.first->second, created.text()) << "two of one version";
  }
  if (session_id_ == 0) session_id_ = parsed.origin.session_id;
  EXPECT_EQ(parsed.origin.session_id, session_id_);
  std::set<std::string> mids;
  for (const sdp::MediaSection& section : parsed.sections) {
    EXPECT_TRUE(mids.insert(section.mid).second)
        << "mid " << section.mid << " twice";
  }
  CheckFormats(parsed);
  if (created.type != SdpType::kOffer) return;
  for (const Blueprint::SectionPlan& plan : created.blueprint->sections) {
    if (!plan.fresh) continue;
    const auto coined = coined_.emplace(plan.mid, plan.transceiver);
    EXPECT_EQ(coined.first->second, plan.transceiver)
        << "mid " << plan.mid << " is used anew";
    if (coined.second) {
      EXPECT_FALSE(remote_mids_.contains(plan.mid))
          << "mid " << plan.mid << " was the other end's";
    }
  }
}

void Invariants::NoteRemote(const sdp::Description& description) {
  for (const sdp::MediaSection& section : description.sections) {
    remote_mids_.insert(section.mid);
  }
}

void ExpectAgreement(const Session& a, const Session& b) {
  ASSERT_EQ(a.sections.size(), b.sections.size());
  for (size_t i = 0; i < a.sections.size(); ++i) ExpectSectionsAgree(a, b, i);
  ASSERT_EQ(a.transports.size(), b.transports.size());
  // Else both nominate, or nobody does (RFC 8445 section 6.1.1).
  EXPECT_TRUE(!a.ice_role || a.ice_role != b.ice_role);
  ASSERT_EQ(a.sctp.has_value(), b.sctp.has_value());
  if (!a.sctp) return;
  EXPECT_EQ(a.sctp->mid, b.sctp->mid);
}

}  // namespace parley::jsep::testing

// What transceivers and codecs are made of.

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/service/limits.h"

namespace parley::service {
namespace {

std::string Of(uint64_t size) { return std::string(size, 'x'); }

std::string TryMedia(
    LimitsTest& test,
    const std::function<void(v1::MediaKindConfiguration&)>& change) {
  v1::CreatePeerRequest request;
  v1::MediaConfiguration& media =
      *request.mutable_configuration()->mutable_media();
  media.mutable_video();
  change(*media.mutable_audio());
  return test.TryCreate(request);
}

v1::MediaFormat& AddFormat(v1::MediaKindConfiguration& audio,
                           const std::string& name = "x") {
  v1::MediaFormat& format = *audio.add_formats();
  format.mutable_codec()->set_mime_type("audio/" + name);
  format.mutable_codec()->set_clock_rate(8000);
  return format;
}

std::string TryTransceiver(
    LimitsTest& test, const std::function<void(v1::TransceiverInit&)>& change) {
  v1::CreatePeerRequest create;
  create.add_transceivers()->set_kind(v1::MEDIA_KIND_VIDEO);
  change(*create.mutable_transceivers(0));
  v1::AddTransceiverRequest add;
  add.set_name(test.CreatePeer().name());
  *add.mutable_transceiver() = create.transceivers(0);
  const std::string reason = test.TryCreate(create);
  EXPECT_EQ(test.Try(&Peers::AddTransceiver, add), reason);
  return reason;
}

std::string TryTransceivers(LimitsTest& test, uint64_t count) {
  v1::CreatePeerRequest create;
  for (uint64_t i = 0; i < count; ++i) {
    create.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
  }
  v1::CreatePeerRequest fewer = create;
  fewer.mutable_transceivers()->RemoveLast();
  v1::AddTransceiverRequest add;
  add.set_name(test.CreatePeer(fewer).name());
  add.mutable_transceiver()->set_kind(v1::MEDIA_KIND_AUDIO);
  const std::string reason = test.TryCreate(create);
  EXPECT_EQ(test.Try(&Peers::AddTransceiver, add), reason);
  return reason;
}

std::string TryStreams(LimitsTest& test,
                       const std::vector<std::string>& streams) {
  v1::AddTrackRequest track;
  track.set_name(test.CreatePeer().name());
  track.mutable_track()->set_kind(v1::MEDIA_KIND_AUDIO);
  *track.mutable_streams() = {streams.begin(), streams.end()};
  const std::string reason =
      TryTransceiver(test, [&streams](v1::TransceiverInit& init) {
        *init.mutable_streams() = {streams.begin(), streams.end()};
      });
  EXPECT_EQ(test.Try(&Peers::AddTrack, track), reason);
  return reason;
}

std::string TryTrackId(LimitsTest& test, uint64_t size) {
  v1::AddTrackRequest request;
  request.set_name(test.CreatePeer().name());
  request.mutable_track()->set_kind(v1::MEDIA_KIND_AUDIO);
  request.mutable_track()->set_id(Of(size));
  return test.Try(&Peers::AddTrack, request);
}

std::string TryPreferences(LimitsTest& test, uint64_t count) {
  v1::GetCapabilitiesRequest request;
  request.set_kind(v1::MEDIA_KIND_VIDEO);
  v1::GetCapabilitiesResponse known;
  EXPECT_OK(test.Call(&Peers::GetCapabilities, request, &known));
  return TryTransceiver(test, [&](v1::TransceiverInit& init) {
    for (uint64_t i = 0; i < count; ++i) {
      *init.add_codec_preferences() = known.codecs(0);
    }
  });
}

std::string TryTransactionId(LimitsTest& test, uint64_t size) {
  v1::CreatePeerRequest create;
  create.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
  v1::UpdateTransceiverRequest request;
  request.set_name(test.CreatePeer(create).state().transceivers(0).name());
  request.add_send_encodings();
  request.set_transaction_id(Of(size));
  return test.Try(&Peers::UpdateTransceiver, request);
}

}  // namespace

std::vector<LimitRow> MediaLimits() {
  const std::string limit = "LIMIT_EXCEEDED";
  return {
      {"`formats` of a kind of media", 64, limit,
       [](LimitsTest& test, uint64_t count) {
         return TryMedia(test, [count](v1::MediaKindConfiguration& audio) {
           for (uint32_t i = 0; i < count; ++i) {
             AddFormat(audio, absl::StrCat("x", i)).set_payload_type(i);
           }
         });
       }},
      {"`header_extensions` of a kind of media", 32, limit,
       [](LimitsTest& test, uint64_t count) {
         return TryMedia(test, [count](v1::MediaKindConfiguration& audio) {
           AddFormat(audio);
           for (uint64_t i = 0; i < count; ++i) {
             audio.add_header_extensions()->set_uri(absl::StrCat("urn:x", i));
           }
         });
       }},
      {"`uri` of a header extension", 256, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryMedia(test, [size](v1::MediaKindConfiguration& audio) {
           AddFormat(audio);
           audio.add_header_extensions()->set_uri("urn:" + Of(size - 4));
         });
       }},
      {"`rtcp_feedback` of a format", 16, limit,
       [](LimitsTest& test, uint64_t count) {
         return TryMedia(test, [count](v1::MediaKindConfiguration& audio) {
           v1::MediaFormat& format = AddFormat(audio);
           for (uint64_t i = 0; i < count; ++i) {
             format.add_rtcp_feedback(absl::StrCat("x", i));
           }
         });
       }},
      {"one of them", 64, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryMedia(test, [size](v1::MediaKindConfiguration& audio) {
           AddFormat(audio).add_rtcp_feedback(Of(size));
         });
       }},
      {"`mime_type`", 64, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryMedia(test, [size](v1::MediaKindConfiguration& audio) {
           AddFormat(audio, Of(size - 6));
         });
       }},
      {"`sdp_fmtp_line`", 1024, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryMedia(test, [size](v1::MediaKindConfiguration& audio) {
           AddFormat(audio).mutable_codec()->set_sdp_fmtp_line("x=" +
                                                               Of(size - 2));
         });
       }},
      {"transceivers of a peer", 1024, limit, TryTransceivers},
      {"`streams` of a track", 8, limit,
       [](LimitsTest& test, uint64_t count) {
         std::vector<std::string> streams;
         for (uint64_t i = 0; i < count; ++i) {
           streams.push_back(absl::StrCat("s", i));
         }
         return TryStreams(test, streams);
       }},
      {"one of them, RFC 8830", 64, "ARGUMENT",
       [](LimitsTest& test, uint64_t size) {
         return TryStreams(test, {Of(size)});
       }},
      {"`id` of a track", 64, "ARGUMENT", TryTrackId},
      {"`send_encodings`", 8, limit,
       [](LimitsTest& test, uint64_t count) {
         return TryTransceiver(test, [count](v1::TransceiverInit& init) {
           for (uint64_t i = 0; i < count; ++i) {
             init.add_send_encodings()->set_rid(absl::StrCat("r", i));
           }
         });
       }},
      {"`rid`", 16, "ARGUMENT",
       [](LimitsTest& test, uint64_t size) {
         return TryTransceiver(test, [size](v1::TransceiverInit& init) {
           init.add_send_encodings()->set_rid("other");
           init.add_send_encodings()->set_rid(Of(size));
         });
       }},
      {"`codec_preferences`", 64, limit, TryPreferences},
      {.what = "`transaction_id`",
       .limit = 64,
       .beyond = limit,
       .send = TryTransactionId,
       .within = "PARAMETERS_STALE"},
  };
}

}  // namespace parley::service

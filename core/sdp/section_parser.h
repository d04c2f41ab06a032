// The lines of one m= section to its fields. Internal. Thread-compatible.
#ifndef PARLEY_CORE_SDP_SECTION_PARSER_H_
#define PARLEY_CORE_SDP_SECTION_PARSER_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/sdp/attribute_name.h"
#include "core/sdp/description.h"
#include "core/sdp/outcome.h"

namespace parley::sdp {

class SectionParser {
 public:
  explicit SectionParser(size_t max_candidates)
      : max_candidates_(max_candidates) {}

  // Starts an empty section with what stands after "m=". The section must stay
  // where it is until Finish.
  Problem Start(std::string_view value, MediaSection& section);

  // Takes one attribute: its identity and what stands after the colon, without
  // blanks at the end.
  Outcome ParseAttribute(AttributeId id, std::string_view value);

  // After the section's last line.
  void Finish();

 private:
  static constexpr int16_t kNoCodec = -1;
  // Positions from here on are in unlisted_codecs.
  static constexpr int16_t kUnlisted = 256;

  Problem ParseFormats(std::string_view formats);
  Codec& FindOrAddCodec(uint8_t payload_type);

  Outcome ParseRtpAttribute(AttributeId id, std::string_view value);
  Outcome ParseRtpmap(std::string_view value);
  Outcome ParseFmtp(std::string_view value);
  Outcome ParseRtcpFeedback(std::string_view value);
  Outcome ParseSctpAttribute(AttributeId id, std::string_view value);
  Outcome ParseIceAttribute(AttributeId id, std::string_view value);

  const size_t max_candidates_;
  MediaSection* section_ = nullptr;
  bool is_rtp_ = false;
  // Where the codec of a payload type is; valid while is_rtp_.
  std::array<int16_t, 256> codec_positions_;
};

}  // namespace parley::sdp

#endif  // PARLEY_CORE_SDP_SECTION_PARSER_H_

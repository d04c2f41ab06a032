#include "core/sdp/shared_attributes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/sdp/attribute_parser.h"

namespace parley::sdp {
namespace {

// RFC 8839 5.4 gives the lengths. Its alphabet is not enforced: browsers take
// other visible characters, and stacks send '-' and '_'.
Outcome ParseIceSecret(std::string_view value, size_t shortest,
                       const char* problem, std::string& field) {
  const bool visible = std::all_of(
      value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (value.size() < shortest || value.size() > 256 || !visible) {
    return {Outcome::kProblem, problem};
  }
  return SetOnce(field, value);
}

Outcome ParseIceOptionsOnce(std::string_view value,
                            std::vector<std::string>& field) {
  std::vector<std::string> options;
  if (ParseIceOptions(value, options) != nullptr) return {Outcome::kUnknown};
  return SetOnce(field, std::move(options));
}

Outcome ParseSetupOnce(std::string_view value, std::optional<Setup>& field) {
  Setup setup = Setup::kActpass;
  if (Problem problem = ParseSetup(value, setup)) return Strict(problem);
  return SetOnce(field, setup);
}

Outcome ParseTlsId(std::string_view value, std::string& field) {
  if (value.empty()) return {Outcome::kProblem, "needs a value"};
  return SetOnce(field, value);
}

}  // namespace

Outcome ParseSharedAttribute(AttributeId id, std::string_view value,
                             SharedFields fields) {
  TransportAttributes& transport = fields.transport;
  switch (id) {
    case AttributeId::kIceUfrag:
      return ParseIceSecret(value, 4, "needs 4 to 256 visible characters",
                            transport.ice_ufrag);
    case AttributeId::kIcePwd:
      return ParseIceSecret(value, 22, "needs 22 to 256 visible characters",
                            transport.ice_pwd);
    case AttributeId::kIceOptions:
      return ParseIceOptionsOnce(value, transport.ice_options);
    case AttributeId::kFingerprint:
      return Strict(
          ParseFingerprint(value, transport.fingerprints.emplace_back()));
    case AttributeId::kSetup:
      return ParseSetupOnce(value, transport.setup);
    case AttributeId::kTlsId:
      return ParseTlsId(value, transport.tls_id);
    case AttributeId::kSendRecv:
      return SetOnce(fields.direction, Direction::kSendRecv);
    case AttributeId::kSendOnly:
      return SetOnce(fields.direction, Direction::kSendOnly);
    case AttributeId::kRecvOnly:
      return SetOnce(fields.direction, Direction::kRecvOnly);
    case AttributeId::kInactive:
      return SetOnce(fields.direction, Direction::kInactive);
    case AttributeId::kExtmap:
      if (fields.extmaps.empty()) fields.extmaps.reserve(8);
      return Strict(ParseExtMap(value, fields.extmaps.emplace_back()));
    case AttributeId::kExtmapAllowMixed:
      return SetFlag(fields.extmap_allow_mixed);
    default:
      return {Outcome::kUnknown};
  }
}

}  // namespace parley::sdp

// Media configurations on the wire and in files. Pure functions, but for the
// one that reads a file; see convert_basic.h.
#ifndef PARLEY_SERVICE_CONVERT_MEDIA_H_
#define PARLEY_SERVICE_CONVERT_MEDIA_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/jsep/codecs.h"
#include "core/jsep/media_catalog.h"

namespace parley::v1 {
class MediaConfiguration;
}  // namespace parley::v1

namespace parley::service {

// The capabilities it stands for; a kind that it leaves out is that of
// `standard`. Errors: ARGUMENT, LIMIT_EXCEEDED.
absl::StatusOr<std::shared_ptr<const jsep::Capabilities>> FromProto(
    const v1::MediaConfiguration& media, const jsep::Capabilities& standard,
    std::string_view field);

// Reads a file, of at most 256 KiB, with a MediaConfiguration in JSON. The
// error is one line that names the file and what is wrong with it.
absl::StatusOr<std::shared_ptr<const jsep::MediaCatalog>> LoadMedia(
    const std::string& path);

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CONVERT_MEDIA_H_

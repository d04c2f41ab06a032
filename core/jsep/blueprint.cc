#include "core/jsep/blueprint.h"

namespace parley::jsep {

const std::string& CreatedDescription::text() const { return blueprint->text; }

const std::string& CreatedDescription::id() const { return blueprint->id; }

std::shared_ptr<const DescriptionBody> Complete(const Blueprint& blueprint) {
  auto body = std::make_shared<DescriptionBody>();
  body->id = blueprint.id;
  body->text = blueprint.text;
  body->parsed = blueprint.outline;
  for (size_t i = 0; i < blueprint.sections.size(); ++i) {
    const Blueprint::SectionPlan& plan = blueprint.sections[i];
    sdp::MediaSection& section = body->parsed.sections[i];
    if (plan.offer) {
      section.codecs = plan.offer->codecs;
      section.extmaps = plan.offer->extensions;
    } else if (plan.media && !plan.rejected) {
      section.codecs = plan.media->local_codecs;
      section.extmaps = plan.media->extensions;
    }
  }
  return body;
}

}  // namespace parley::jsep

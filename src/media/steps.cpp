#include "media/steps.hpp"

#include "media/clip.hpp"
#include "media/renditions.hpp"
#include "media/shots_step.hpp"
#include "media/still_steps.hpp"
#include "media/subtitle_step.hpp"
#include "media/waveform.hpp"

namespace reelvault::media {
namespace {

using StepFunction = Outcome<boost::json::object> (*)(const Work&);
constexpr std::pair<std::string_view, StepFunction> kSteps[] = {
    {"probe", probe_step},           {"checksum", checksum_step}, {"thumbnail", thumbnail_step},
    {"renditions", renditions_step}, {"waveform", waveform_step}, {"shots", shots_step},
    {"subtitle", subtitle_step},     {"picture", picture_step},   {"clip", clip_step}};

}  // namespace

std::map<std::string, jobs::Step> steps(const Config& config) {
  auto settings = std::make_shared<const MediaSettings>(MediaSettings::from(config));
  auto sandbox = std::make_shared<const Result<Sandbox>>(Sandbox::find(config.text("sandbox")));
  std::map<std::string, jobs::Step> steps;
  for (auto& [name, function] : kSteps)
    steps[std::string(name)] = [settings, sandbox,
                                function](jobs::StepContext& context) -> Outcome<boost::json::object> {
      if (!*sandbox) return failure(sandbox->error().type, sandbox->error().message, sandbox->error().detail, false);
      RV_TRY(Work work, Work::open(context, *settings, **sandbox));
      return function(work);
    };
  return steps;
}

Result<std::string> isolation(const Config& config) {
  RV_TRY(Sandbox sandbox, Sandbox::find(config.text("sandbox")));
  return sandbox.description();
}

}  // namespace reelvault::media

#include "media/steps.hpp"

#include "media/sandbox.hpp"
#include "media/settings.hpp"
#include "media/still_steps.hpp"
#include "media/waveform.hpp"
#include "media/work.hpp"

namespace reelvault::media {

Result<std::string> isolation(const Config& config) {
  RV_TRY(Sandbox sandbox, Sandbox::find(config.text("sandbox")));
  return sandbox.description();
}

std::map<std::string, jobs::Step> steps(const Config& config) {
  auto settings = std::make_shared<const MediaSettings>(MediaSettings::from(config));
  auto sandbox = std::make_shared<const Result<Sandbox>>(Sandbox::find(config.text("sandbox")));
  using Run = Outcome<boost::json::object> (*)(const Work&);
  auto step = [&](Run run) -> jobs::Step {
    return [settings, sandbox, run](jobs::StepContext& context) -> Outcome<boost::json::object> {
      if (!*sandbox) return failure("no-sandbox", sandbox->error().message, sandbox->error().detail, false);
      auto work = Work::open(context, *settings, **sandbox);
      if (!work) return std::unexpected(std::move(work).error());
      return run(*work);
    };
  };
  return {{"probe", step(probe_step)}, {"checksum", step(checksum_step)}, {"thumbnail", step(thumbnail_step)}, {"waveform", step(waveform_step)}};
}

}  // namespace reelvault::media

// One job's work: its input at a plain place, the programs run on it, and the words for what went wrong.
#pragma once
#include "jobs/worker.hpp"
#include "media/settings.hpp"

namespace reelvault::media {

template <class T>
using Outcome = std::expected<T, jobs::Failure>;

// A sentence for people; `permanent`: the same file would fail again.
std::unexpected<jobs::Failure> failure(std::string code, std::string message, std::string detail = {},
                                       bool permanent = true);
// Of a program that did not do its work: limits and crashes by their own codes, all else as `code` and `message`.
std::unexpected<jobs::Failure> failure_of(const ChildResult& result, std::string code, std::string message);
std::unexpected<jobs::Failure> failure_of(Error error);  // of this machine: not permanent

class Work {
 public:
  // Links the input to scratch/input, fetching it first where the server gave an address.
  static Outcome<Work> open(jobs::StepContext& context, const MediaSettings& settings, const Sandbox& sandbox);

  const MediaSettings& settings() const { return *settings_; }
  const std::filesystem::path& scratch() const { return scratch_; }
  const std::filesystem::path& input() const { return input_; }  // where programs find it: no odd characters
  std::uint64_t input_size() const { return size_; }
  const std::string& file_name() const { return file_name_; }  // as uploaded
  const boost::json::object& given() const { return context_->input; }
  bool cancelled() const { return context_->cancelled; }
  void progress(double percent) const {
    if (context_->progress) context_->progress(percent);
  }

  // Small ones that the server gave besides, and their bytes.
  std::size_t further_inputs() const;
  Outcome<std::string> further_input(std::size_t index, std::uint64_t bytes_max) const;

  // A request for one program that may read the input and write scratch, with the job's limits.
  ChildRequest request(std::vector<std::string> argv) const;
  ChildResult run(const ChildRequest& request) const { return sandbox_->run(request); }
  // For what takes seconds at most: probing, stills.
  ChildResult run_short(std::vector<std::string> argv) const;
  // libvips, which refuses the formats that its authors do not trust, unless asked.
  ChildResult run_vips(std::vector<std::string> argv, bool any_format = false) const;

 private:
  jobs::StepContext* context_ = nullptr;
  const MediaSettings* settings_ = nullptr;
  const Sandbox* sandbox_ = nullptr;
  std::filesystem::path scratch_, input_, source_;
  std::uint64_t size_ = 0;
  std::string file_name_;
};

// The result of a step, see media/steps.hpp.
class StepResult {
 public:
  void add_file(std::string path, std::string name, std::string_view content_type, std::string_view role);
  boost::json::object& properties() { return properties_; }
  // What a person should know of it, although the step succeeded: a sentence for the job history.
  void note(std::string sentence) { note_ = std::move(sentence); }
  // Every named file is a regular one of its own, inside scratch: nothing else is published.
  Outcome<boost::json::object> finish(const Work& work);

 private:
  boost::json::array files_;
  boost::json::object properties_;
  std::string note_;
};

}  // namespace reelvault::media

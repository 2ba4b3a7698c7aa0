// One line on the terminal, drawn anew four times a second; silent when standard error is not a terminal.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace reelvault::app {

class ProgressBar {
 public:
  enum class Unit { bytes, objects };
  // A total of 0 among objects: how many there are is being found out.
  ProgressBar(std::string name, Unit unit, std::int64_t total, std::int64_t done, bool quiet);
  ~ProgressBar() { end(); }
  ProgressBar(const ProgressBar&) = delete;
  void add(std::int64_t count) { done_ += count; }
  void end();  // draws the last state and leaves the line

 private:
  void draw();
  std::string amount(std::int64_t count) const;

  const std::string name_;
  const Unit unit_;
  const std::int64_t total_;
  std::atomic<std::int64_t> done_;
  const std::int64_t started_with_;
  const bool shown_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

std::string human_bytes(double bytes);        // "1.5 GiB"
std::string human_count(std::int64_t count);  // "1,234,567"

}  // namespace reelvault::app

#include "app/progress_bar.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace reelvault::app {

std::string human_bytes(double bytes) {
  constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < units.size()) bytes /= 1024, ++unit;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, units[unit]);
}

std::string human_count(std::int64_t count) {
  std::string text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

ProgressBar::ProgressBar(std::string name, Unit unit, std::int64_t total, std::int64_t done, bool quiet)
    : name_(std::move(name)),
      unit_(unit),
      total_(total),
      done_(done),
      started_with_(done),
      shown_(!quiet && ::isatty(STDERR_FILENO) == 1) {
  if (!shown_) return;
  thread_ = std::thread([this] {
    while (!ended_.load()) {
      draw();
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
    }
  });
}

void ProgressBar::end() {
  if (ended_.exchange(true) || !shown_) return;
  thread_.join();
  draw();
  std::fputc('\n', stderr);
}

std::string ProgressBar::amount(std::int64_t count) const {
  return unit_ == Unit::bytes ? human_bytes(static_cast<double>(count)) : human_count(count);
}

void ProgressBar::draw() {
  winsize size{};
  const int columns = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const std::string name = name_.size() > 28 ? name_.substr(0, 27) + "…" : name_;
  if (total_ == 0 && unit_ == Unit::objects) {
    std::fprintf(stderr, "\r%s %s\x1b[K", name.c_str(), amount(done_.load()).c_str());
    std::fflush(stderr);
    return;
  }
  const std::int64_t done = std::clamp<std::int64_t>(done_.load(), 0, total_);
  const double part = total_ == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total_);
  const double rate = seconds > 0.5 ? static_cast<double>(done - started_with_) / seconds : 0;
  std::string tail = fmt::format(" {:3.0f}%  {} of {}", part * 100, amount(done), amount(total_));
  if (rate > 0 && done < total_) {
    const auto left = static_cast<std::int64_t>(static_cast<double>(total_ - done) / rate);
    tail += fmt::format("  {}/s  {}:{:02} left", amount(static_cast<std::int64_t>(rate)), left / 60, left % 60);
  }
  const int width = std::max(0, columns - static_cast<int>(name.size() + tail.size()) - 5);
  const int full = static_cast<int>(part * width);
  const std::string bar =
      std::string(static_cast<std::size_t>(full), '#') + std::string(static_cast<std::size_t>(width - full), '.');
  std::fprintf(stderr, "\r%s [%s]%s\x1b[K", name.c_str(), bar.c_str(), tail.c_str());
  std::fflush(stderr);
}

}  // namespace reelvault::app

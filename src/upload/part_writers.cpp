#include "upload/part_writers.hpp"

#include "upload/upload.hpp"

namespace reelvault::upload {

namespace {
std::unexpected<Error> superseded() {
  return fail(Code::conflict, "part-superseded", "A newer request is sending this part.");
}
}  // namespace

Result<void> PartWriters::Turn::write(std::string_view block) {
  std::lock_guard lock(mutex_);
  if (over_) return superseded();
  return writer_->write(block);
}

Result<storage::PartWriter::Written> PartWriters::Turn::finish() {
  std::lock_guard lock(mutex_);
  if (over_) return superseded();
  return writer_->finish();
}

void PartWriters::Turn::end() {
  std::lock_guard lock(mutex_);
  over_ = true;
  writer_.reset();
}

Result<std::shared_ptr<PartWriters::Turn>> PartWriters::take(
    const Uuid& part, const std::function<Result<std::unique_ptr<storage::PartWriter>>(bool)>& open) {
  auto turn = std::make_shared<Turn>();
  std::shared_ptr<Turn> older;
  {
    // One takeover of a part at a time: were the next one let in before the older writer has stopped, three could meet.
    std::lock_guard takeover(takeovers_[std::hash<Uuid>{}(part) % takeovers_.size()]);
    {
      std::lock_guard lock(mutex_);
      older = std::exchange(turns_[part], turn);
    }
    if (older) older->end();
  }
  std::shared_ptr<Turn> lease(turn.get(), [this, part, turn](Turn* raw) { leave(part, raw); });
  RV_TRY(auto writer, open(older != nullptr));
  std::lock_guard lock(turn->mutex_);
  if (turn->over_) return superseded();
  turn->writer_ = std::move(writer);
  return lease;
}

void PartWriters::leave(const Uuid& part, const Turn* turn) {
  std::lock_guard lock(mutex_);
  if (auto found = turns_.find(part); found != turns_.end() && found->second.get() == turn) turns_.erase(found);
}

void PartWriters::end_all(const Uuid& part_base) {
  std::vector<std::shared_ptr<Turn>> ending;
  {
    std::lock_guard lock(mutex_);
    for (auto it = turns_.begin(); it != turns_.end();) {
      if (split_part_id(it->first).first == part_base) {
        ending.push_back(it->second);
        it = turns_.erase(it);
      } else {
        ++it;
      }
    }
  }
  for (auto& turn : ending) turn->end();
}

}  // namespace reelvault::upload

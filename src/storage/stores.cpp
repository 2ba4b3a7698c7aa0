#include "storage/blob_store.hpp"
#include "storage/left_out.hpp"

#include <stdexcept>

namespace reelvault::storage {

Result<LeftOutStore::Found> list_with_left_out(Store& store, const std::string& prefix, const std::string& after,
                                               int limit) {
  if (auto* directory = dynamic_cast<LeftOutStore*>(&store)) return directory->list_with_left_out(prefix, after, limit);
  RV_TRY(auto objects, store.list(prefix, after, limit));
  return LeftOutStore::Found{.objects = std::move(objects), .left_out = {}};
}

void Stores::add(Entry entry) {
  if (find(entry.store->name()) != nullptr) throw std::logic_error("two stores are named " + entry.store->name());
  entries_.push_back(std::move(entry));
}

void Stores::add(std::shared_ptr<Store> store) {
  Entry entry{store, dynamic_cast<PartStore*>(store.get()), dynamic_cast<DirectPartStore*>(store.get()),
              dynamic_cast<ClassStore*>(store.get())};
  add(std::move(entry));
}

const Stores::Entry* Stores::find(std::string_view name) const {
  auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.store->name() == name; });
  return found == entries_.end() ? nullptr : &*found;
}

const Stores::Entry& Stores::at(std::string_view name) const {
  const Entry* found = find(name);
  if (found == nullptr) throw std::logic_error("no store is named " + std::string(name));
  return *found;
}

}  // namespace reelvault::storage

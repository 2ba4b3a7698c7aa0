#include "base/text.hpp"
#include "storage/blob_store.hpp"
#include "storage/left_out.hpp"

#include <stdexcept>

namespace reelvault::storage {
namespace {

// As text that any database takes: what is not valid in it stands there byte by byte.
std::string escaped(std::string_view key) {
  std::string out;
  while (!key.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < key.size() && !valid_utf8(key.substr(0, length))) ++length;
    if (key.front() != '\0' && valid_utf8(key.substr(0, length))) {
      out += key.substr(0, length);
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(key.front()));
      length = 1;
    }
    key.remove_prefix(length);
  }
  return out;
}

}  // namespace

void LeftOutStore::Found::leave_out(const std::string& key, std::string reason, int limit) {
  if (++left_out_count <= limit) left_out.push_back({escaped(key), std::move(reason)});
}

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

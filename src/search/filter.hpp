// The filters of a search: what of them the index answers by terms, and what is looked at in each candidate.
#pragma once
#include "search/search_json.hpp"
#include "search/search_repository.hpp"

namespace reelvault::search {

class Filter {
 public:
  // Every fault of the filters, with pointers below /filters.
  static Filter make(const SearchFilters& filters, std::vector<FieldFault>& faults);

  void add_to(Expression& expression) const;
  bool residual() const;  // candidates must be looked at
  bool accepts(const Candidate& candidate) const;
  bool looks_at_custom_fields() const { return !custom_ranges_.empty(); }
  bool accepts_custom_fields(std::string_view custom_fields_json) const;

  // Rows of the collections that were named, and of all folders that are in them or below those; no collections:
  // nothing can fit.
  void set_collections(const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& folders);
  // Or, where the folders are too many to be asked for, what tells of a candidate.
  void set_collections(std::function<bool(const Candidate&)> holds) { in_collections_ = std::move(holds); }
  const std::vector<std::string>& collections() const { return collections_; }  // ids or names
  const std::optional<Uuid>& parent() const { return parent_; }
  const std::optional<std::string>& bucket() const { return bucket_; }

 private:
  struct CustomRange {
    std::string field;
    boost::json::value min, max, from, until;  // null: open
  };
  void add_custom(std::string_view field, const boost::json::value& wanted, std::vector<FieldFault>& faults);
  void narrow_by_time(const SearchTimeRange& range);

  std::vector<std::vector<std::string>> groups_;
  std::vector<std::int64_t> statuses_;
  std::optional<SearchTimeRange> created_, modified_;
  std::optional<SearchNumberRange> size_, duration_;
  std::vector<CustomRange> custom_ranges_;
  std::vector<std::string> collections_;
  std::function<bool(const Candidate&)> in_collections_;
  std::optional<Uuid> parent_;
  std::optional<std::string> bucket_;
};

}  // namespace reelvault::search

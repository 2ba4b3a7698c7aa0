// HTTP of tags, collections, custom fields and summaries.
#pragma once
#include "catalog/collection_service.hpp"
#include "catalog/field.hpp"
#include "catalog/summary.hpp"
#include "catalog/tag_service.hpp"
#include "http/route.hpp"

namespace reelvault::catalog {

void add_organising_routes(http::RouteTable& table, TagService& tags, CollectionService& collections,
                           FieldService& fields, SummaryService& summaries);
void add_field_routes(http::RouteTable& table, FieldService& fields);
void add_collection_routes(http::RouteTable& table, CollectionService& collections);

}  // namespace reelvault::catalog

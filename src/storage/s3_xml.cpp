#include "storage/s3_xml.hpp"

#include "base/text.hpp"

#include <pugixml.hpp>

namespace reelvault::storage {
namespace {

// An answer may begin with the blanks that kept its connection alive.
Result<pugi::xml_document> parse(std::string_view xml, const char* root) {
  pugi::xml_document document;
  xml = trim(xml);
  const auto parsed = document.load_buffer(xml.data(), xml.size());
  if (parsed && std::string_view(document.document_element().name()) == root) return document;
  return fail(Code::unavailable, "store-unavailable", "The object store answered something unexpected.",
              std::string(root) + " was expected, not: " + std::string(xml.substr(0, 200)));
}

bool yes(const pugi::xml_node& node) { return std::string_view(trim(node.child_value())) == "true"; }

std::int64_t mtime_of(std::string_view text) {
  auto time = parse_rfc3339(text);
  // To the second, as in a Last-Modified header.
  return time ? unix_ms(*time) / 1000 * 1'000'000'000 : 0;
}

// An entry's key, which the list may have encoded for XML's sake.
std::optional<std::string> key_of(const pugi::xml_node& entry, const pugi::xml_node& list) {
  const std::string key = entry.child_value("Key");
  return std::string_view(list.child_value("EncodingType")) == "url" ? percent_decode(key, true) : std::optional(key);
}

}  // namespace

std::string without_quotes(std::string_view etag) {
  etag = trim(etag);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::optional<S3Failure> parse_failure(std::string_view xml) {
  auto document = parse(xml, "Error");
  if (!document) return std::nullopt;
  const pugi::xml_node root = document->document_element();
  return S3Failure{root.child_value("Code"), root.child_value("Message")};
}

Result<S3Listing> parse_listing(std::string_view xml) {
  RV_TRY(const pugi::xml_document document, parse(xml, "ListBucketResult"));
  const pugi::xml_node root = document.document_element();
  S3Listing listing;
  listing.truncated = yes(root.child("IsTruncated"));
  for (const pugi::xml_node& entry : root.children("Contents")) {
    auto key = key_of(entry, root);
    if (!key) continue;
    listing.objects.push_back({std::move(*key),
                               {.size = entry.child("Size").text().as_ullong(),
                                .mtime_ns = mtime_of(entry.child_value("LastModified")),
                                .etag = without_quotes(entry.child_value("ETag"))}});
  }
  return listing;
}

Result<S3Parts> parse_parts(std::string_view xml) {
  RV_TRY(const pugi::xml_document document, parse(xml, "ListPartsResult"));
  const pugi::xml_node root = document.document_element();
  S3Parts parts;
  parts.truncated = yes(root.child("IsTruncated"));
  parts.next_marker = root.child("NextPartNumberMarker").text().as_int();
  for (const pugi::xml_node& entry : root.children("Part")) {
    parts.parts.push_back({entry.child("PartNumber").text().as_int(), without_quotes(entry.child_value("ETag")),
                           entry.child("Size").text().as_ullong()});
  }
  return parts;
}

Result<S3Begun> parse_begun(std::string_view xml) {
  RV_TRY(const pugi::xml_document document, parse(xml, "ListMultipartUploadsResult"));
  const pugi::xml_node root = document.document_element();
  S3Begun begun;
  begun.truncated = yes(root.child("IsTruncated"));
  for (const pugi::xml_node& entry : root.children("Upload")) {
    auto key = key_of(entry, root);
    const auto at = parse_rfc3339(entry.child_value("Initiated"));
    if (key && at) begun.uploads.push_back({std::move(*key), entry.child_value("UploadId"), *at});
  }
  return begun;
}

Result<std::string> parse_upload_id(std::string_view xml) {
  RV_TRY(const pugi::xml_document document, parse(xml, "InitiateMultipartUploadResult"));
  std::string id = document.document_element().child_value("UploadId");
  if (id.empty()) return fail(Code::unavailable, "store-unavailable", "The object store gave no upload id.");
  return id;
}

std::string completion_document(const std::vector<DirectPartStore::StoredPart>& parts) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  root.append_attribute("xmlns") = "http://s3.amazonaws.com/doc/2006-03-01/";
  for (const DirectPartStore::StoredPart& part : parts) {
    pugi::xml_node node = root.append_child("Part");
    node.append_child("PartNumber").text() = part.number;
    node.append_child("ETag").text() = ("\"" + part.etag + "\"").c_str();
  }
  struct Writer final : pugi::xml_writer {
    std::string text;
    void write(const void* data, std::size_t size) override { text.append(static_cast<const char*>(data), size); }
  } writer;
  document.save(writer, "", pugi::format_raw);
  return writer.text;
}

}  // namespace reelvault::storage

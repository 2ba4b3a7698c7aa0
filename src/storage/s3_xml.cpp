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

// The `element`s of a list; `read` gives an entry, or nothing where it is none.
template <class Entry, class Read>
Result<S3Page<Entry>> parse_page(std::string_view xml, const char* root, const char* element, Read read) {
  RV_TRY(const pugi::xml_document document, parse(xml, root));
  const pugi::xml_node list = document.document_element();
  S3Page<Entry> page;
  page.truncated = yes(list.child("IsTruncated"));
  for (const pugi::xml_node& node : list.children(element))
    if (auto entry = read(node, list)) page.entries.push_back(std::move(*entry));
  return page;
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

Result<S3Page<ListedObject>> parse_listing(std::string_view xml) {
  return parse_page<ListedObject>(xml, "ListBucketResult", "Contents",
                                  [](const pugi::xml_node& entry, const pugi::xml_node& list) {
                                    return key_of(entry, list).transform([&](std::string key) {
                                      return ListedObject{std::move(key),
                                                          {.size = entry.child("Size").text().as_ullong(),
                                                           .mtime_ns = mtime_of(entry.child_value("LastModified")),
                                                           .etag = without_quotes(entry.child_value("ETag"))}};
                                    });
                                  });
}

Result<S3Page<DirectPartStore::StoredPart>> parse_parts(std::string_view xml) {
  return parse_page<DirectPartStore::StoredPart>(
      xml, "ListPartsResult", "Part", [](const pugi::xml_node& entry, const pugi::xml_node&) {
        return std::optional(DirectPartStore::StoredPart{entry.child("PartNumber").text().as_int(),
                                                         without_quotes(entry.child_value("ETag")),
                                                         entry.child("Size").text().as_ullong()});
      });
}

Result<S3Page<DirectPartStore::Begun>> parse_begun(std::string_view xml) {
  return parse_page<DirectPartStore::Begun>(
      xml, "ListMultipartUploadsResult", "Upload",
      [](const pugi::xml_node& entry, const pugi::xml_node& list) -> std::optional<DirectPartStore::Begun> {
        auto key = key_of(entry, list);
        const auto at = parse_rfc3339(entry.child_value("Initiated"));
        if (!key || !at) return std::nullopt;
        return DirectPartStore::Begun{std::move(*key), entry.child_value("UploadId"), *at};
      });
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

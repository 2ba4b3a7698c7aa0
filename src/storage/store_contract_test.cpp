// What every store does alike, whatever it is made of.
#include "base/file.hpp"
#include "base/uuid.hpp"
#include "storage/blob_store.hpp"
#include "storage/testing.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

namespace reelvault::storage {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("reelvault-storage-" + Uuid::v7().text())) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

struct Kind {
  std::string name;
  std::function<std::shared_ptr<Store>(const TemporaryFolder&)> make;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class StoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    store_ = GetParam().make(folder_);
    if (!store_) GTEST_SKIP() << "not available here";
  }
  Store& store() { return *store_; }
  PartStore* parts() { return dynamic_cast<PartStore*>(store_.get()); }
  void put(const std::string& key, const std::string& content) {
    auto adopted = store().adopt(folder_.file("incoming", content), key);
    ASSERT_TRUE(adopted) << adopted.error().detail;
  }
  std::vector<std::string> keys(const std::string& prefix, const std::string& after = "", int limit = 1000) {
    auto listed = store().list(prefix, after, limit);
    std::vector<std::string> keys;
    if (!listed) {
      ADD_FAILURE() << listed.error().detail;
      return keys;
    }
    for (const ListedObject& object : *listed) keys.push_back(object.key);
    return keys;
  }
  static std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 2654435761u) >> 13);
    return bytes;
  }

  TemporaryFolder folder_;
  std::shared_ptr<Store> store_;
};

TEST_P(StoreContract, HoldsWhatItAdopted) {
  const std::string key = random_key();
  const std::string content = pattern(100'000);
  put(key, content);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "incoming"));
  auto info = store().stat(key);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->size, content.size());
  EXPECT_FALSE(info->etag.empty());
  EXPECT_EQ(store().read(key, 0, 1 << 20), content);
}

TEST_P(StoreContract, HoldsEmptyObjects) {
  const std::string key = random_key();
  put(key, "");
  EXPECT_EQ(store().stat(key)->size, 0u);
  EXPECT_EQ(store().read(key, 0, 10), "");
}

TEST_P(StoreContract, ReadsRangesAndEndsAtTheEnd) {
  const std::string key = random_key();
  put(key, "0123456789");
  EXPECT_EQ(store().read(key, 3, 4), "3456");
  EXPECT_EQ(store().read(key, 8, 100), "89");
  EXPECT_EQ(store().read(key, 10, 5), "");
  EXPECT_EQ(store().read(key, 1000, 5), "");
  EXPECT_EQ(store().read(key, 2, 0), "");
}

TEST_P(StoreContract, SaysThatWhatIsNotThereIsNotFound) {
  const std::string key = random_key();
  EXPECT_EQ(store().stat(key).error().code, Code::not_found);
  EXPECT_EQ(store().read(key, 0, 1).error().code, Code::not_found);
  EXPECT_TRUE(store().remove(key));
}

TEST_P(StoreContract, RemovesMoreThanOnce) {
  const std::string key = random_key();
  put(key, "bytes");
  EXPECT_TRUE(store().remove(key));
  EXPECT_EQ(store().stat(key).error().code, Code::not_found);
  EXPECT_TRUE(store().remove(key));
}

TEST_P(StoreContract, RefusesKeysThatNoStoreTakes) {
  for (const std::string& key : {std::string(), std::string("/etc/passwd"), std::string("../x"),
                                 std::string("a/../../x"), std::string("a//b"), std::string("./a"), std::string("a/"),
                                 std::string("a\0b", 3), std::string("caf\xe9"), std::string(1025, 'a')}) {
    EXPECT_EQ(store().stat(key).error().code, Code::invalid) << key;
    EXPECT_EQ(store().read(key, 0, 1).error().code, Code::invalid) << key;
    EXPECT_EQ(store().remove(key).error().code, Code::invalid) << key;
    EXPECT_EQ(store().adopt(folder_.file("incoming", "x"), key).error().code, Code::invalid) << key;
  }
}

TEST_P(StoreContract, TakesKeysWithAnyCharacters) {
  for (const std::string& key :
       {std::string("films/Été 100% & more+.mov"), std::string("a b/c?d#e=f&g"), std::string("日本/映画.mp4"),
        std::string("x/%2e%2e/y"), std::string("quote's \"and\" <tags>;~*!()$@:,")}) {
    put(key, key);
    EXPECT_EQ(store().read(key, 0, 1000), key);
  }
}

TEST_P(StoreContract, ListsKeysInByteOrderPageByPage) {
  // "a/…" comes after "a-b" and "a.txt" and before "a0", since '/' lies between '.' and '0'.
  const std::vector<std::string> sorted = {"a-b/1", "a.txt", "a/1", "a/b/2", "a/b0", "a0", "b", "z/z/z/z", "é"};
  for (auto it = sorted.rbegin(); it != sorted.rend(); ++it) put(*it, *it);
  EXPECT_EQ(keys(""), sorted);
  for (int limit = 1; limit <= 4; ++limit) {
    std::vector<std::string> paged;
    while (true) {
      auto page = keys("", paged.empty() ? "" : paged.back(), limit);
      paged.insert(paged.end(), page.begin(), page.end());
      if (std::cmp_less(page.size(), limit)) break;
    }
    EXPECT_EQ(paged, sorted) << limit;
  }
  EXPECT_EQ(keys("a/"), (std::vector<std::string>{"a/1", "a/b/2", "a/b0"}));
  EXPECT_EQ(keys("a/b"), (std::vector<std::string>{"a/b/2", "a/b0"}));
  EXPECT_EQ(keys("a"), (std::vector<std::string>{"a-b/1", "a.txt", "a/1", "a/b/2", "a/b0", "a0"}));
  EXPECT_EQ(keys("a", "a/b", 2), (std::vector<std::string>{"a/b/2", "a/b0"}));
  EXPECT_EQ(keys("", "a/b/zzz", 2), (std::vector<std::string>{"a/b0", "a0"}));
  EXPECT_TRUE(keys("nothing/here").empty());
  EXPECT_TRUE(keys("", "é").empty());
  EXPECT_TRUE(keys("", "", 0).empty());
}

TEST_P(StoreContract, ListsSizes) {
  put("one", "1");
  put("two", "22");
  auto listed = store().list("", "", 10);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[0].info.size, 1u);
  EXPECT_EQ((*listed)[1].info.size, 2u);
  EXPECT_EQ((*listed)[1].info.etag, store().stat("two")->etag);
}

std::string content_of(const http::Segment& segment) {
  struct {
    std::string operator()(const http::Bytes& bytes) const { return bytes.data->substr(bytes.offset, bytes.length); }
    std::string operator()(const http::FileRange& range) const {
      return read_whole_file(range.path)->substr(range.offset, range.length);
    }
    std::string operator()(const http::RemoteRange& range) const { return *range.read(range.offset, range.length); }
  } reader;
  return std::visit(reader, segment);
}

TEST_P(StoreContract, GivesSegmentsForResponses) {
  for (const std::string& key : {random_key(), std::string("films/registered.mov")}) {
    put(key, "0123456789");
    auto info = store().stat(key);
    ASSERT_TRUE(info);
    const http::Segment segment = store().segment(key, 2, 5, *info, {});
    EXPECT_EQ(http::segment_length(segment), 5u);
    EXPECT_EQ(content_of(segment), "23456");
    EXPECT_EQ(content_of(http::segment_slice(segment, 1, 2)), "34");
  }
}

class PartContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (store_ && parts() == nullptr) GTEST_SKIP() << "this store takes no parts";
  }
  Result<PartWriter::Written> write(const std::string& key, std::uint64_t offset, std::string_view bytes,
                                    std::size_t block = 1000) {
    RV_TRY(std::unique_ptr<PartWriter> writer, parts()->write_part(key, offset, bytes.size()));
    for (std::size_t at = 0; at < bytes.size(); at += block) RV_CHECK(writer->write(bytes.substr(at, block)));
    return writer->finish();
  }
};

TEST_P(PartContract, AssemblesPartsThatComeInAnyOrder) {
  const std::string key = random_key();
  const std::string content = pattern(3'000'000);
  ASSERT_TRUE(parts()->allocate(key, content.size()));
  constexpr std::size_t part = 700'000;
  std::uint32_t crcs[5];
  for (std::size_t number : {3u, 0u, 4u, 2u, 1u}) {
    const std::string bytes = content.substr(number * part, part);
    auto written = write(key, number * part, bytes);
    ASSERT_TRUE(written) << written.error().detail;
    EXPECT_EQ(written->length, bytes.size());
    EXPECT_EQ(written->crc32, crc32(bytes_of(bytes)));
    EXPECT_EQ(written->etag.size(), 32u);
    crcs[number] = written->crc32;
    auto again = parts()->hash_part(key, number * part, bytes.size());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->etag, written->etag);
    EXPECT_EQ(again->crc32, written->crc32);
  }
  ASSERT_TRUE(parts()->sync(key));
  parts()->close(key);
  EXPECT_EQ(store().read(key, 0, content.size()), content);
  std::uint32_t whole = crcs[0];
  for (std::size_t number = 1; number < 5; ++number) {
    whole = crc32_combine(whole, crcs[number], std::min(part, content.size() - number * part));
  }
  EXPECT_EQ(whole, crc32(bytes_of(content)));
}

TEST_P(PartContract, TakesAPartThatIsSentAgain) {
  const std::string key = random_key();
  ASSERT_TRUE(parts()->allocate(key, 6));
  auto first = write(key, 0, "abc");
  auto second = write(key, 0, "xyz");
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->etag, second->etag);
  ASSERT_TRUE(write(key, 3, "def"));
  ASSERT_TRUE(parts()->sync(key));
  EXPECT_EQ(store().read(key, 0, 10), "xyzdef");
}

TEST_P(PartContract, RefusesPartsOfAnotherLength) {
  const std::string key = random_key();
  ASSERT_TRUE(parts()->allocate(key, 20));
  ASSERT_TRUE(write(key, 10, "neighbours"));
  auto writer = parts()->write_part(key, 0, 10);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->write("012345"));
  EXPECT_EQ((*writer)->write("67890").error().code, Code::invalid);
  EXPECT_EQ((*writer)->finish().error().code, Code::invalid);
  EXPECT_EQ(store().read(key, 10, 10), "neighbours");
}

TEST_P(PartContract, AllocatesOnceAndFromTheStartAtFullSize) {
  const std::string key = random_key();
  ASSERT_TRUE(parts()->allocate(key, 12345));
  EXPECT_EQ(store().stat(key)->size, 12345u);
  EXPECT_EQ(parts()->allocate(key, 1).error().code, Code::conflict);
  EXPECT_EQ(store().stat(key)->size, 12345u);
}

TEST_P(PartContract, TakesEmptyFiles) {
  const std::string key = random_key();
  ASSERT_TRUE(parts()->allocate(key, 0));
  auto written = write(key, 0, "");
  ASSERT_TRUE(written);
  EXPECT_EQ(written->etag, "99aa06d3014798d86001c324468d497f");  // XXH3-128 of nothing
  EXPECT_EQ(written->crc32, 0u);
  ASSERT_TRUE(parts()->sync(key));
  EXPECT_EQ(store().stat(key)->size, 0u);
}

TEST_P(PartContract, FindsNoPartsOfWhatWasNotAllocated) {
  EXPECT_EQ(parts()->write_part(random_key(), 0, 1).error().code, Code::not_found);
  EXPECT_EQ(parts()->hash_part(random_key(), 0, 1).error().code, Code::not_found);
  EXPECT_EQ(parts()->sync(random_key()).error().code, Code::not_found);
  const std::string key = random_key();
  ASSERT_TRUE(parts()->allocate(key, 4));
  EXPECT_EQ(parts()->hash_part(key, 2, 4).error().code, Code::not_found);
}

TEST_P(PartContract, GoesOnAfterDescriptorsWereTidiedAway) {
  const std::string key = random_key();
  ASSERT_TRUE(parts()->allocate(key, 6));
  ASSERT_TRUE(write(key, 0, "abc"));
  parts()->tidy(std::chrono::seconds(0));
  ASSERT_TRUE(write(key, 3, "def"));
  parts()->tidy(std::chrono::seconds(0));
  ASSERT_TRUE(parts()->sync(key));
  EXPECT_EQ(store().read(key, 0, 6), "abcdef");
}

class DirectContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    direct_ = dynamic_cast<DirectPartStore*>(store_.get());
    if (store_ && direct_ == nullptr) GTEST_SKIP() << "clients send no parts straight to this store";
  }
  // What a client does with a part's URL: the ETag that it gets, or nothing.
  std::optional<std::string> send(const std::string& url, const std::string& bytes) {
    if (auto* memory = dynamic_cast<MemoryDirectStore*>(store_.get())) {
      auto etag = memory->put_part(url, bytes);
      return etag ? std::optional(*etag) : std::nullopt;
    }
    std::string etag;
    return http("PUT", url, bytes, &etag) == 200 ? std::optional(etag) : std::nullopt;
  }
  static long http(const std::string& method, const std::string& url, const std::string& body, std::string* etag) {
    CURL* curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    if (method == "PUT") {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    }
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type:");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, etag);
    curl_easy_setopt(
        curl, CURLOPT_HEADERFUNCTION, +[](char* data, std::size_t, std::size_t size, void* into) {
          const std::string line(data, size);
          const std::size_t quote = line.find('"');
          if (into != nullptr &&
              (line.starts_with("ETag:") || line.starts_with("Etag:") || line.starts_with("etag:"))) {
            *static_cast<std::string*>(into) = line.substr(quote + 1, line.rfind('"') - quote - 1);
          }
          return size;
        });
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, +[](char*, std::size_t, std::size_t size, void*) { return size; });
    long status = 0;
    if (curl_easy_perform(curl) == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
  }
  std::string url(const std::string& key, const std::string& multipart, int number) {
    return direct_->part_url(key, multipart, number, std::chrono::minutes(5)).value();
  }

  DirectPartStore* direct_ = nullptr;
};

TEST_P(DirectContract, TellsWhatWasBegun) {
  std::vector<std::string> keys;
  for (int i = 0; i < 5; ++i) keys.push_back(random_key());
  std::ranges::sort(keys);
  std::map<std::string, std::string> begun;
  for (const std::string& key : keys) begun[key] = direct_->begin(key, "video/mp4").value();
  std::vector<std::string> told;
  std::optional<DirectPartStore::Begun> after;
  while (true) {
    auto page = direct_->begun(after, 2);
    ASSERT_TRUE(page) << page.error().detail;
    for (const auto& each : *page) {
      told.push_back(each.key);
      EXPECT_EQ(each.multipart, begun[each.key]);
      EXPECT_LT(std::chrono::abs(each.at - now()), std::chrono::minutes(1));
    }
    if (page->size() < 2) break;
    after = page->back();
  }
  EXPECT_EQ(told, keys);
  for (const auto& [key, multipart] : begun) EXPECT_TRUE(direct_->cancel(key, multipart));
  EXPECT_TRUE(direct_->begun({}, 10)->empty());
}

TEST_P(DirectContract, AssemblesWhatClientsSent) {
  const std::string key = random_key();
  auto multipart = direct_->begin(key, "video/mp4");
  ASSERT_TRUE(multipart) << multipart.error().detail;
  EXPECT_TRUE(direct_->parts(key, *multipart)->empty());
  const std::string first = pattern(5 << 20);
  auto second = send(url(key, *multipart, 2), "the end");
  auto one = send(url(key, *multipart, 1), first);
  ASSERT_TRUE(one && second);
  auto parts = direct_->parts(key, *multipart);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].number, 1);
  EXPECT_EQ((*parts)[0].etag, *one);
  EXPECT_EQ((*parts)[0].size, first.size());
  EXPECT_EQ((*parts)[1].etag, *second);
  EXPECT_EQ((*parts)[1].size, 7u);
  EXPECT_EQ(store().stat(key).error().code, Code::not_found) << "nothing is to be seen before it is complete";
  auto info = direct_->finish(key, *multipart, *parts, first.size() + 7);
  ASSERT_TRUE(info) << info.error().detail;
  EXPECT_EQ(info->size, first.size() + 7);
  EXPECT_EQ(store().read(key, first.size() - 3, 100), first.substr(first.size() - 3) + "the end");

  auto again = direct_->finish(key, *multipart, *parts, first.size() + 7);
  ASSERT_TRUE(again) << "as after a crash between completing and writing it down: " << again.error().detail;
  EXPECT_EQ(again->etag, info->etag);
  EXPECT_FALSE(direct_->finish(key, *multipart, *parts, 3)) << "but not when another file lies there";
}

TEST_P(DirectContract, TakesThePartThatWasSentLast) {
  const std::string key = random_key();
  auto multipart = direct_->begin(key, "");
  ASSERT_TRUE(multipart);
  ASSERT_TRUE(send(url(key, *multipart, 1), "first"));
  ASSERT_TRUE(send(url(key, *multipart, 1), "second"));
  auto parts = direct_->parts(key, *multipart);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 1u);
  ASSERT_TRUE(direct_->finish(key, *multipart, *parts, 6));
  EXPECT_EQ(store().read(key, 0, 100), "second");
}

TEST_P(DirectContract, RefusesPartsThatAreNotThere) {
  const std::string key = random_key();
  auto multipart = direct_->begin(key, "");
  ASSERT_TRUE(multipart);
  ASSERT_TRUE(send(url(key, *multipart, 1), "bytes"));
  auto finished = direct_->finish(key, *multipart, {{1, "d41d8cd98f00b204e9800998ecf8427e", 5}}, 5);
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, Code::conflict);
  EXPECT_EQ(store().stat(key).error().code, Code::not_found);
}

TEST_P(DirectContract, MakesEmptyObjects) {
  const std::string key = random_key();
  auto multipart = direct_->begin(key, "");
  ASSERT_TRUE(multipart);
  auto finished = direct_->finish(key, *multipart, {}, 0);
  ASSERT_TRUE(finished) << finished.error().detail;
  EXPECT_EQ(finished->size, 0u);
  EXPECT_EQ(store().stat(key)->size, 0u);
}

TEST_P(DirectContract, CancelsMoreThanOnce) {
  const std::string key = random_key();
  auto multipart = direct_->begin(key, "");
  ASSERT_TRUE(multipart);
  const std::string where = url(key, *multipart, 1);
  ASSERT_TRUE(send(where, "bytes"));
  EXPECT_TRUE(direct_->cancel(key, *multipart));
  EXPECT_TRUE(direct_->cancel(key, *multipart));
  EXPECT_FALSE(send(where, "bytes"));
  EXPECT_EQ(direct_->parts(key, *multipart).error().code, Code::not_found);
  EXPECT_EQ(direct_->finish(key, *multipart, {{1, "x", 5}}, 5).error().code, Code::not_found);
}

TEST_P(DirectContract, SignsUrlsThatAdmitOnePart) {
  const std::string key = random_key();
  auto multipart = direct_->begin(key, "");
  ASSERT_TRUE(multipart);
  std::string other = url(key, *multipart, 1);
  other.replace(other.find("partNumber=1"), 12, "partNumber=2");
  EXPECT_FALSE(send(other, "bytes"));
  EXPECT_TRUE(direct_->parts(key, *multipart)->empty());
}

TEST_P(DirectContract, GivesUrlsForReading) {
  const std::string key = "films/Été & more.mov";
  put(key, "bytes");
  auto where = direct_->read_url(key, std::chrono::minutes(5));
  ASSERT_TRUE(where);
  if (where->starts_with("http")) EXPECT_EQ(http("GET", *where, "", nullptr), 200);
}

TEST(S3, StoresLargeFilesInParts) {
  const std::shared_ptr<Store> store = test_s3("subject");
  if (!store) GTEST_SKIP() << "REELVAULT_TEST_S3 is not set";
  TemporaryFolder folder;
  std::string content(70 << 20, '\0');
  for (std::size_t i = 0; i < content.size(); i += 4096) content[i] = static_cast<char>(i >> 12);
  const std::string key = random_key();
  auto adopted = store->adopt(folder.file("large", content), key);
  ASSERT_TRUE(adopted) << adopted.error().detail;
  EXPECT_EQ(store->stat(key)->size, content.size());
  EXPECT_EQ(store->read(key, 16 << 20, 5000), content.substr(16 << 20, 5000));
  // Read to the end in blocks, as a response does.
  auto range = std::get<http::RemoteRange>(store->segment(key, 0, content.size(), *store->stat(key), {}));
  std::string whole;
  while (whole.size() < content.size()) {
    auto block = range.read(whole.size(), 256 << 10);
    ASSERT_TRUE(block && !block->empty());
    whole += *block;
  }
  EXPECT_EQ(whole, content);
}

TEST(S3, BreaksOffWhenTheObjectChanged) {
  const std::shared_ptr<Store> store = test_s3("subject");
  if (!store) GTEST_SKIP() << "REELVAULT_TEST_S3 is not set";
  TemporaryFolder folder;
  ASSERT_TRUE(store->adopt(folder.file("one", "first"), "key"));
  auto range = std::get<http::RemoteRange>(store->segment("key", 0, 5, *store->stat("key"), {}));
  ASSERT_TRUE(store->adopt(folder.file("two", "other"), "key"));
  auto read = range.read(0, 5);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::conflict);
}

std::vector<Kind> kinds() {
  return {
      {"Local",
       [](const TemporaryFolder& folder) -> std::shared_ptr<Store> {
         std::filesystem::create_directories(folder.path() / "store");
         return local_store("subject", folder.path() / "store");
       }},
      {"Memory",
       [](const TemporaryFolder&) -> std::shared_ptr<Store> { return std::make_shared<MemoryPartStore>("subject"); }},
      {"MemoryDirect",
       [](const TemporaryFolder&) -> std::shared_ptr<Store> { return std::make_shared<MemoryDirectStore>("subject"); }},
      {"S3", [](const TemporaryFolder&) { return test_s3("subject"); }},
  };
}
std::string kind_name(const ::testing::TestParamInfo<Kind>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::ValuesIn(kinds()), kind_name);
INSTANTIATE_TEST_SUITE_P(Stores, PartContract, ::testing::ValuesIn(kinds()), kind_name);
INSTANTIATE_TEST_SUITE_P(Stores, DirectContract, ::testing::ValuesIn(kinds()), kind_name);

}  // namespace
}  // namespace reelvault::storage

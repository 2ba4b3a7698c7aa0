#include "http/all_faults.hpp"
#include "upload/upload_service.hpp"

namespace reelvault::upload {

using namespace http;

std::span<const dto::Rule> StartUpload::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "fileName",
       .sentence = "As it is named at its source; kept as fileName.",
       .min_length = 1,
       .max_length = 4096,
       .example_json = "\"rushes.mov\""},
      {.field = "fileSize",
       .sentence = "Bytes; 0 is a valid file with one empty part.",
       .minimum = 0,
       .maximum = static_cast<double>(file_size_max)},
      {.field = "parentId", .sentence = "A folder or bucket; by default the default bucket's Uploads folder."},
      {.field = "contentType", .max_length = 255},
      {.field = "chunkSize", .sentence = "Bytes of every part but the last: 5 MiB to 5 GiB, at most 10,000 parts."},
      {.field = "displayName",
       .sentence = "The name in the tree; by default fileName.",
       .min_length = 1,
       .max_length = 1000},
      {.field = "languageCode", .max_length = 35},
      {.field = "tags", .max_length = 100},
      {.field = "checksum",
       .sentence = "crc32:, sha256: or md5: and hexadecimal digits of the whole file.",
       .max_length = 200},
      {.field = "replacesAssetId", .sentence = "A placeholder to fill or a file to replace."},
      {.field = "onConflict", .sentence = "When the name is taken; without it: 409.", .one_of = "fail|rename|replace"},
  };
  return rules;
}

std::span<const dto::Rule> StartRelated::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "relationshipType", .one_of = catalog::relationship_types},
      {.field = "languageCode", .max_length = 35},
      {.field = "fileName", .min_length = 1, .max_length = 4096},
      {.field = "fileSize", .minimum = 0, .maximum = static_cast<double>(file_size_max)},
      {.field = "contentType", .max_length = 255},
      {.field = "checksum", .max_length = 200},
  };
  return rules;
}

std::span<const dto::Rule> UploadListQuery::rules() {
  static constexpr dto::Rule rules[] = {{.field = "pageSize", .minimum = 1, .maximum = 500}};
  return rules;
}

std::span<const dto::Rule> ConfirmPart::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "etag", .sentence = "From the answer to the PUT, quoted or not.", .min_length = 1, .max_length = 200}};
  return rules;
}

void add_upload_routes(RouteTable& table, UploadService& uploads) {
  Route start = post<NoQuery, StartUpload, UploadJson>("/asset/upload/start",
                                                       {.summary = "Start an upload in parts",
                                                        .tag = "Uploads",
                                                        .access = signed_in("upload"),
                                                        .cost = Cost::write,
                                                        .status = 201,
                                                        .errors = {403, 404, 409, 507}},
                                                       [&](const Call<NoQuery, StartUpload>& call) {
                                                         return uploads.start(call.principal(), call.body,
                                                                              call.request.base_url());
                                                       });
  table.add(with_all_faults<StartUpload>(std::move(start),
                                         [&](const Request&, const StartUpload& body) { return uploads.check(body); }));

  Route start_related = post<NoQuery, StartRelated, UploadJson>(
      "/asset/upload/start-related-asset",
      {.summary = "Start the upload of a supplementary file",
       .tag = "Uploads",
       .access = signed_in("upload"),
       .cost = Cost::write,
       .status = 201,
       .errors = {403, 404, 409, 507}},
      [&](const Call<NoQuery, StartRelated>& call) {
        return uploads.start_related(call.principal(), call.body, call.request.base_url());
      });
  table.add(with_all_faults<StartRelated>(
      std::move(start_related), [&](const Request&, const StartRelated& body) { return uploads.check(body); }));

  table.add(streamed(
      Method::put, "/asset/upload/part/{id}",
      {.summary = "Send one part's bytes",
       .tag = "Uploads",
       .access = everyone(),
       .cost = Cost::write,
       .description = "The address comes from the upload's parts[].uploadUrl and is signed: no token is needed.",
       .errors = {403, 404, 409, 507}},
      [&](Request& request) { return uploads.receive(request); }));

  table.add(post<NoQuery, ConfirmPart, PartJson>("/asset/upload/part/{id}/complete",
                                                 {.summary = "Confirm a part",
                                                  .tag = "Uploads",
                                                  .access = signed_in("upload"),
                                                  .cost = Cost::write,
                                                  .errors = {404, 409}},
                                                 [&](const Call<NoQuery, ConfirmPart>& call) {
                                                   return uploads.confirm(call.principal(), call.id(), call.body.etag,
                                                                          call.request.base_url());
                                                 }));

  table.add(post<NoQuery, NoBody, boost::json::value>(
      "/asset/upload/{id}/complete",
      {.summary = "Complete an upload",
       .tag = "Uploads",
       .access = signed_in("upload"),
       .cost = Cost::write,
       .description =
           "The asset; of a related upload, the related asset. When it answers 200 the file survives a power cut.",
       .errors = {403, 404, 409}},
      [&](const Call<NoQuery, NoBody>& call) { return uploads.complete(call.principal(), call.id()); }));

  table.add(post<NoQuery, NoBody, Nothing>("/asset/upload/{id}/cancel",
                                           {.summary = "Cancel an upload",
                                            .tag = "Uploads",
                                            .access = signed_in("upload"),
                                            .cost = Cost::write,
                                            .status = 204,
                                            .errors = {404, 409}},
                                           [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                             RV_CHECK(uploads.cancel(call.principal(), call.id()));
                                             return Nothing{};
                                           }));

  table.add(get<UploadListQuery, UploadPage>(
      "/asset/upload", {.summary = "The caller's open uploads", .tag = "Uploads", .access = signed_in("upload")},
      [&](const Call<UploadListQuery, NoBody>& call) { return uploads.list(call.principal(), call.query); }));

  table.add(get<NoQuery, UploadJson>(
      "/asset/upload/{id}",
      {.summary = "An upload with its parts and fresh addresses", .tag = "Uploads", .access = signed_in("upload")},
      [&](const Call<NoQuery, NoBody>& call) {
        return uploads.get(call.principal(), call.id(), call.request.base_url());
      }));
}

}  // namespace reelvault::upload

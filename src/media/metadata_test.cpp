#include "media/metadata.hpp"

#include "media/still_probe.hpp"

#include <gtest/gtest.h>

namespace reelvault::media {
namespace {

TEST(Metadata, ReadsTimesOfEveryWriting) {
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"2024:05:06 07:08:09", "+02:00", "2024-05-06T07:08:09+02:00"},
      {"2024:05:06 07:08:09", "", "2024-05-06T07:08:09"},
      {"2024-05-06T07:08:09.250000Z", "", "2024-05-06T07:08:09.250Z"},
      {"2024-05-06T07:08:09+0200", "", "2024-05-06T07:08:09+02:00"},
      {"20240506", "", "2024-05-06"},
      {"2024-05-06T07:08:09+02", "", "2024-05-06T07:08:09+02:00"},
      {"2024-05-06T", "", "2024-05-06"},
      {"2024-05-06T07:08:09-05:00", "+02:00", "2024-05-06T07:08:09-05:00"},
      {"0000:00:00 00:00:00", "", ""},
      {"1904-01-01T00:00:00Z", "", ""},
      {"2023:02:29 10:00:00", "", ""},
      {"yesterday", "", ""},
      {"", "", ""},
      {"2024:05:06 07:08:09", "rubbish", "2024-05-06T07:08:09"},
  };
  for (const auto& [text, offset, wanted] : rows) EXPECT_EQ(rfc3339_of(text, offset), wanted) << text;
}

TEST(Metadata, TakesOldBytesForWindows1252) {
  EXPECT_EQ(text_of_file("Caf\xE9 \x96 5 \x80"), "Caf\xC3\xA9 \xE2\x80\x93 5 \xE2\x82\xAC");
  EXPECT_EQ(text_of_file(" caf\xC3\xA9\x01 "), "caf\xC3\xA9");
}

TEST(Metadata, PrefersWhatPeopleWroteToWhatCamerasDid) {
  Metadata found =
      picture_metadata({{"ImageDescription", "OLYMPUS DIGITAL CAMERA"}, {"Make", "OLYMPUS"}, {"Artist", "camera"}},
                       {{"Byline", "Ann"}, {"DateCreated", "2024-05-06"}, {"TimeCreated", "07:08:09+02:00"}},
                       {{"dc.title", "Title"}}, {"Paris", "paris", " ", "Night"});
  EXPECT_EQ(found.description, "");
  EXPECT_EQ(found.creator, "Ann");
  EXPECT_EQ(found.title, "Title");
  EXPECT_EQ(found.capturedAt, "2024-05-06T07:08:09+02:00");
  EXPECT_EQ(found.keywords, (std::vector<std::string>{"Paris", "Night"}));
}

TEST(Metadata, ReadsPlaces) {
  Metadata south = picture_metadata({{"GPSLatitude", "33deg 51' 30.5\""},
                                     {"GPSLatitudeRef", "South"},
                                     {"GPSLongitude", "151deg 12' 0\""},
                                     {"GPSLongitudeRef", "East"},
                                     {"GPSAltitude", "35.5 m"},
                                     {"GPSAltitudeRef", "Below sea level"}},
                                    {}, {}, {});
  EXPECT_NEAR(south.latitude.value(), -33.8584722, 1e-6);
  EXPECT_NEAR(south.longitude.value(), 151.2, 1e-6);
  EXPECT_NEAR(south.altitude.value(), -35.5, 1e-6);
  EXPECT_FALSE(picture_metadata({{"GPSLatitude", "95deg"}, {"GPSLongitude", "1deg"}}, {}, {}, {}).latitude);
  Metadata phone = container_metadata({{"com.apple.quicktime.location.ISO6709", "+48.8577-002.2950+035.0/"},
                                       {"creation_time", "2024-05-06T05:08:09.000000Z"},
                                       {"com.apple.quicktime.creationdate", "2024-05-06T07:08:09+0200"},
                                       {"TITLE", "Film"}});
  EXPECT_NEAR(phone.latitude.value(), 48.8577, 1e-9);
  EXPECT_NEAR(phone.longitude.value(), -2.295, 1e-9);
  EXPECT_NEAR(phone.altitude.value(), 35, 1e-9);
  EXPECT_EQ(phone.capturedAt, "2024-05-06T07:08:09+02:00");
  EXPECT_EQ(phone.title, "Film");
  for (const char* bad : {"", "x", "+", "+48", "+1e9+2/", "++", "+91+1/", "-", "/", "nan+1/", "+inf+1/"})
    EXPECT_FALSE(container_metadata({{"location", bad}}).latitude) << bad;
}

TEST(Metadata, ReadsListsLinesAndOldBytesOfExiv2) {
  Picture picture;
  std::vector<std::string> keywords;
  read_exiv2(
      "Exif.Image.Make                              Ascii       5  Sony\n"
      "Exif.CanonCs.Macro                           Short       1  Off\n"
      "Exif.Image.XMLPacket                         Byte        3  60 63 120\n"
      "Exif.Photo.UserComment                       Undefined  12  first\nsecond line\n"
      "Iptc.Application2.Keywords                   String      5  one\n"
      "Iptc.Application2.Keywords                   String      5  two; three\n"
      "Iptc.Application2.Byline                     String      5  Andr\xE9\n"
      "Xmp.dc.title                                 LangAlt     1  lang=\"x-default\" Titel\n"
      "Xmp.dc.subject                               XmpBag      2  two; three, four\n"
      "Xmp.lr.hierarchicalSubject                   XmpBag      1  Places|Paris, France\n",
      picture, keywords);
  EXPECT_EQ(picture.exif,
            (std::map<std::string, std::string>{{"Make", "Sony"}, {"UserComment", "first\nsecond line"}}));
  EXPECT_EQ(picture.iptc.at("Keywords"), "one; two; three");
  EXPECT_EQ(picture.iptc.at("Byline"), "Andr\xC3\xA9");
  EXPECT_EQ(picture.xmp.at("dc.title"), "Titel");
  EXPECT_EQ(distinct_keywords(keywords), (std::vector<std::string>{"one", "two; three", "four"}));
}

TEST(Metadata, ReadsExifFromVipsWhereExiv2FindsNone) {
  Picture picture;
  read_vips_exif(
      "width: 64\nexif-data: 400 bytes of binary data\n"
      "exif-ifd0-Make: Sony (Tokyo) (Sony (Tokyo), ASCII, 13 components, 13 bytes)\n"
      "exif-ifd2-DateTimeOriginal: 2024:05:06 07:08:09 (2024:05:06 07:08:09, ASCII, 20 components, 20 bytes)\n"
      "exif-ifd3-GPSLatitudeRef: S (S, ASCII, 2 components, 2 bytes)\n"
      "exif-ifd3-GPSLatitude: 48/1 51/1 30/1 (48, 51, 30, Rational, 3 components, 24 bytes)\n"
      "exif-ifd3-GPSLongitude: 2/1 17/1 40/1 ( 2, 17, 40, Rational, 3 components, 24 bytes)\n"
      "exif-ifd3-Broken: (\nexif-ifd0-\nexif-ifd2-Empty:  ( bytes)\n",
      picture);
  Metadata found = picture_metadata(picture.exif, {}, {}, {});
  EXPECT_EQ(found.cameraMake, "Sony (Tokyo)");
  EXPECT_EQ(found.capturedAt, "2024-05-06T07:08:09");
  EXPECT_NEAR(found.latitude.value(), -48.8583333, 1e-6);
  EXPECT_NEAR(found.longitude.value(), 2.2944444, 1e-6);
}

}  // namespace
}  // namespace reelvault::media

#include "environments/image_archive.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/file.h"
#include "support/error_text.h"
#include "tar_text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ImageArchive : public testing::Test {
 protected:
  fs::path archive() const { return folder_.path() / "image.tar"; }
  fs::path root() const { return folder_.path() / "root"; }

  void unpack(const std::string& bytes, const ImageOptions& options = {}) {
    write_file_atomically(archive(), bytes);
    fs::remove_all(root());
    fs::create_directory(root());
    unpack_image(archive(), root(), options);
  }
  std::string refusal(const std::string& bytes, const ImageOptions& options = {}) {
    return error_text([&] { unpack(bytes, options); });
  }
  std::string text(const std::string& name) const { return read_text_file(root() / name); }
  bool has(const std::string& name) const { return fs::exists(fs::symlink_status(root() / name)); }

  TemporaryFolder folder_{"image-test"};
};

TEST_F(ImageArchive, LaterLayersReplaceAddAndTakeAway) {
  const std::string first = tar_of({{.name = "etc/", .mode = 0755, .kind = 'd'},
                                    {.name = "etc/keep", .content = "1"},
                                    {.name = "etc/gone", .content = "1"},
                                    {.name = "etc/changed", .content = "1"},
                                    {.name = "opt/old/a", .content = "1"},
                                    {.name = "opt/old/b", .content = "1"}});
  const std::string second = tar_of({{.name = "etc/.wh.gone"},
                                     {.name = "etc/changed", .content = "22"},
                                     {.name = "opt/old/c", .content = "3"},
                                     {.name = "opt/old/.wh..wh..opq"}});
  unpack(oci_archive({{first, {}}, {second, {}}}));
  EXPECT_EQ(text("etc/keep"), "1");
  EXPECT_FALSE(has("etc/gone"));
  EXPECT_EQ(text("etc/changed"), "22");
  EXPECT_FALSE(has("opt/old/a")) << "an opaque folder hides what was below it";
  EXPECT_EQ(text("opt/old/c"), "3") << "and not what its own layer brings, before it or after";

  const fs::path kept = folder_.path() / "kept";
  fs::rename(root(), kept);
  unpack(docker_archive({first, second}));
  EXPECT_EQ(text("etc/changed"), "22");
  EXPECT_FALSE(has("etc/gone"));
}

TEST_F(ImageArchive, APlainArchiveOfARootIsOneLayer) {
  unpack(tar_of({{.name = "./usr/bin/tool", .content = "#!", .mode = 0755},
                 {.name = "/absolute", .content = "a"},
                 {.name = "bin", .kind = 'l', .target = "usr/bin"},
                 {.name = "usr/bin/same", .kind = 'h', .target = "./usr/bin/tool"}}));
  EXPECT_EQ(text("usr/bin/same"), "#!");
  EXPECT_EQ(text("absolute"), "a") << "below the root, wherever the name points";
  EXPECT_EQ(fs::read_symlink(root() / "bin"), "usr/bin");
  struct stat status {};
  ASSERT_EQ(::stat((root() / "usr/bin/tool").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0755u);
}

TEST_F(ImageArchive, NothingIsWrittenThroughALinkThatLeavesTheRoot) {
  const fs::path outside = folder_.path() / "outside";
  fs::create_directory(outside);
  write_file_atomically(outside / "file", "untouched");
  // The link is taken as one from the image's own root.
  unpack(tar_of({{.name = "way", .kind = 'l', .target = outside.string()},
                 {.name = outside.string().substr(1) + "/", .mode = 0755, .kind = 'd'},
                 {.name = "way/file", .content = "inside"},
                 {.name = "up", .kind = 'l', .target = "../../.."},
                 {.name = "up/climbed", .content = "inside"}}));
  EXPECT_EQ(read_text_file(outside / "file"), "untouched");
  EXPECT_EQ(text(outside.string().substr(1) + "/file"), "inside");
  EXPECT_EQ(text("climbed"), "inside");
}

TEST_F(ImageArchive, WhatHasNoPlaceInAnEnvironmentIsRefusedByName) {
  EXPECT_THAT(refusal(tar_of({{.name = "a/../../x", .content = "1"}})),
              HasSubstr("'a/../../x': a name with '..' would leave the image's root"));
  EXPECT_THAT(refusal(tar_of({{.name = "dev/sda", .kind = 'c'}})),
              HasSubstr("'dev/sda': a device, pipe or socket"));
  EXPECT_THAT(refusal(tar_of({{.name = "run/pipe", .kind = 'p'}})),
              HasSubstr("'run/pipe': a device, pipe or socket"));
  const std::string set_uid = tar_of({{.name = "usr/bin/su", .content = "x", .mode = 04755}});
  EXPECT_THAT(refusal(set_uid), HasSubstr("'usr/bin/su': a set-uid or set-gid file"));
  unpack(set_uid, {.limits = {}, .drop_set_id_bits = true});
  struct stat status {};
  ASSERT_EQ(::stat((root() / "usr/bin/su").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0755u);
  EXPECT_THAT(refusal(tar_of({{.name = "a", .kind = 'h', .target = "etc/passwd"}})),
              HasSubstr("'a': a hard link to 'etc/passwd', which is not in the image"));
}

TEST_F(ImageArchive, LimitsHoldForAllLayersTogether) {
  const std::string three = tar_of({{.name = "a", .content = "1234"},
                                    {.name = "b", .content = "1234"},
                                    {.name = "c", .content = "1234"}});
  unpack(three, {.limits = {.bytes = 12, .names = 3}});
  EXPECT_THAT(refusal(three, {.limits = {.bytes = 11, .names = 3}}),
              HasSubstr("'c': more than 11 bytes unpacked"));
  EXPECT_THAT(refusal(three, {.limits = {.bytes = 12, .names = 2}}),
              HasSubstr("'c': more than 2 names"));
}

TEST_F(ImageArchive, ABlobThatIsNotWhatItsDigestSaysIsRefused) {
  const std::string layer = tar_of({{.name = "a", .content = "1"}});
  EXPECT_THAT(refusal(oci_archive({{layer, std::string(64, 'a')}})),
              HasSubstr("its content has another digest"));
  const std::string whole = oci_archive({{layer, {}}});
  EXPECT_NE(refusal(whole.substr(0, whole.size() / 2)), "") << "cut short";
  EXPECT_THAT(refusal(docker_archive({layer.substr(0, 700)})), HasSubstr("image.tar"));
  EXPECT_THAT(refusal("no archive at all"), HasSubstr("the image cannot be imported"));
}

}  // namespace
}  // namespace joulebench

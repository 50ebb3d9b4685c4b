#include <gtest/gtest.h>

#include <cstdlib>

#include "core/file.h"
#include "environments/environment.h"
#include "environments/file_list.h"
#include "support/error_text.h"
#include "tar_text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Environments : public testing::Test {
 protected:
  Environment import(const std::string& name, const std::vector<TarEntry>& entries) {
    const fs::path archive = folder_.path() / "image.tar";
    write_file_atomically(archive, tar_of(entries));
    return store_.import(name, archive);
  }
  std::size_t stored() const {
    std::size_t count = 0;
    for (const auto& one : fs::directory_iterator(store_.folder() / "sha256")) {
      count += one.is_directory() ? 1 : 0;
    }
    return count;
  }

  TemporaryFolder folder_{"environments-test"};
  EnvironmentStore store_{folder_.path() / "store"};
};

TEST_F(Environments, AreKnownByWhatIsInThem) {
  const Environment first = import("one", {{.name = "etc/a", .content = "1"},
                                           {.name = "bin", .kind = 'l', .target = "usr/bin"}});
  const Environment same = import("two", {{.name = "bin", .kind = 'l', .target = "usr/bin"},
                                          {.name = "etc/a", .content = "1"}});
  EXPECT_EQ(first.sha256, same.sha256) << "the order in the archive is nothing of the environment";
  EXPECT_EQ(stored(), 1u);
  EXPECT_EQ(first.files, 1u);
  EXPECT_EQ(first.folders, 1u);
  EXPECT_EQ(first.links, 1u);
  EXPECT_EQ(first.bytes, 1u);
  // What `printf 'link\t0\tusr/bin\tbin\n...' | sha256sum` says of the three lines.
  EXPECT_EQ(to_text(list_files(first.root)),
            "link\t0\tusr/bin\tbin\n"
            "dir\t0\t\tetc\n"
            "file\t1\t6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\tetc/a\n");
  const Environment other = import("one", {{.name = "etc/a", .content = "1", .mode = 0755}});
  EXPECT_NE(other.sha256, first.sha256);
  EXPECT_EQ(store_.open("one").sha256, other.sha256);
  EXPECT_EQ(store_.open("two").sha256, first.sha256);
  EXPECT_EQ(store_.open(first.sha256.substr(0, 8)).sha256, first.sha256);
}

TEST_F(Environments, AreCopiedToAnotherStoreOnceForTheirDigest) {
  const Environment shared = import("one", {{.name = "etc/a", .content = "1", .mode = 0755},
                                            {.name = "bin", .kind = 'l', .target = "etc"}});
  EnvironmentStore local(folder_.path() / "local");
  const Environment copy = local.stage(store_, shared.sha256);
  EXPECT_EQ(copy.sha256, shared.sha256);
  EXPECT_TRUE(local.verify(copy).empty());
  EXPECT_TRUE(local.list().empty()) << "it has no name";
  const auto written = fs::last_write_time(copy.root / "etc");
  local.stage(store_, shared.sha256);
  EXPECT_EQ(fs::last_write_time(copy.root / "etc"), written);
}

TEST_F(Environments, ACopyThatIsNotWhatItsDigestSaysIsNotKept) {
  const Environment shared = import("one", {{.name = "a", .content = "1"}});
  write_file_atomically(shared.root / "a", "2");
  EnvironmentStore local(folder_.path() / "local");
  EXPECT_THAT(error_text([&] { local.stage(store_, shared.sha256); }),
              HasSubstr("its files are not those of its digest"));
  EXPECT_FALSE(local.contains(shared.sha256));
  EXPECT_THROW(local.stage(store_, std::string(64, 'a')), Error);
}

TEST_F(Environments, VerifyNamesWhatChanged) {
  const Environment environment = import("one", {{.name = "a", .content = "1"},
                                                 {.name = "b", .content = "1"},
                                                 {.name = "c", .content = "1"}});
  EXPECT_TRUE(store_.verify(environment).empty());
  write_file_atomically(environment.root / "a", "2");
  fs::remove(environment.root / "b");
  write_file_atomically(environment.root / "d", "4");
  EXPECT_THAT(store_.verify(environment),
              ElementsAre("a was changed", "b is missing", "d was added"));
}

TEST_F(Environments, ThatFailLeaveNothing) {
  EXPECT_NE(error_text([&] { import("one", {{.name = "dev/null", .kind = 'c' }}); }), "");
  EXPECT_TRUE(store_.list().empty());
  for (const auto& entry : fs::recursive_directory_iterator(store_.folder())) {
    EXPECT_TRUE(entry.path().filename() == "names" || entry.path().filename() == "sha256")
        << entry.path();
  }
  EXPECT_THAT(error_text([&] { import("../x", {}); }), HasSubstr("cannot have this name"));
}

TEST_F(Environments, TheirPackagesComeFromDpkg) {
  const Environment environment =
      import("one", {{.name = "var/lib/dpkg/status",
                      .content = "Package: b\nStatus: install ok installed\nVersion: 2\n\n"
                                 "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
                                 "Package: a\nStatus: install ok installed\nVersion: 1:1-1\n"}});
  ASSERT_EQ(environment.packages.size(), 2u);
  EXPECT_EQ(environment.packages[0].name, "a");
  EXPECT_EQ(environment.packages[0].version, "1:1-1");
}

TEST_F(Environments, AnExportedOneComesBackAsItself) {
  const Environment environment =
      import("one", {{.name = "usr/bin/x", .content = "#!", .mode = 0755},
                     {.name = "bin", .kind = 'l', .target = "usr/bin"},
                     {.name = "empty/", .mode = 0755, .kind = 'd'}});
  const fs::path archive = folder_.path() / "exported.tar";
  export_image(environment, archive);
  EnvironmentStore other(folder_.path() / "other");
  EXPECT_EQ(other.import("back", archive).sha256, environment.sha256);
  const std::string bytes = read_text_file(archive);
  export_image(environment, archive);
  EXPECT_EQ(read_text_file(archive), bytes);
}

TEST_F(Environments, AreKeptAsLongAsANameStandsForThem) {
  import("one", {{.name = "a", .content = "1" }});
  import("two", {{.name = "a", .content = "1" }});
  store_.remove("one");
  EXPECT_EQ(stored(), 1u);
  store_.remove("two");
  EXPECT_EQ(stored(), 0u);
  EXPECT_THAT(error_text([&] { store_.open("two"); }),
              HasSubstr("there is no such environment on this machine"));
}

// An image of another program: two layers with a whiteout, made by umoci.
TEST_F(Environments, AnImageThatUmociMadeIsTaken) {
  if (std::system("command -v umoci >/dev/null") != 0) GTEST_SKIP() << "umoci is not installed";
  const std::string script = R"(set -e; cd ')" + folder_.path().string() + R"('
umoci init --layout image && umoci new --image image:x
umoci unpack --rootless --image image:x bundle
mkdir -p bundle/rootfs/etc && echo 1 > bundle/rootfs/etc/a && echo 1 > bundle/rootfs/etc/gone
ln -s etc/a bundle/rootfs/link && ln bundle/rootfs/etc/a bundle/rootfs/hard
umoci repack --image image:x bundle
rm bundle/rootfs/etc/gone && echo 22 > bundle/rootfs/etc/a2
umoci repack --image image:x bundle
tar -C image -cf image.tar .)";
  ASSERT_EQ(std::system(("(" + script + ") >/dev/null 2>&1").c_str()), 0);
  const Environment environment = store_.import("made", folder_.path() / "image.tar");
  EXPECT_EQ(read_text_file(environment.root / "etc/a2"), "22\n");
  EXPECT_EQ(read_text_file(environment.root / "hard"), "1\n");
  EXPECT_EQ(fs::read_symlink(environment.root / "link"), "etc/a");
  EXPECT_FALSE(fs::exists(environment.root / "etc/gone"));
}

}  // namespace
}  // namespace joulebench

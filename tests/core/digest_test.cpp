#include "core/digest.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/file.h"
#include "tests/support/error_text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

TEST(Digest, IsSha256) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(sha256_of_text("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, OfATreeDependsOnNamesContentsAndModesOnly) {
  const TemporaryFolder a("tree"), b("tree");
  for (const auto* folder : {&a, &b}) {
    fs::create_directory(folder->path() / "sub");
    write_file_atomically(folder->path() / "sub/x", "1");
    write_file_atomically(folder->path() / "y", "2");
  }
  const std::string before = sha256_of_tree(a.path());
  EXPECT_EQ(before, sha256_of_tree(b.path()));
  fs::permissions(b.path() / "y", fs::perms(0755));
  EXPECT_NE(before, sha256_of_tree(b.path()));
  fs::permissions(b.path() / "y", fs::perms(0644));
  fs::rename(b.path() / "y", b.path() / "z");
  EXPECT_NE(before, sha256_of_tree(b.path()));
}

TEST(Digest, OfATreeRefusesLinks) {
  const TemporaryFolder folder("tree");
  fs::create_symlink("/etc/passwd", folder.path() / "link");
  EXPECT_THAT(error_text([&] { sha256_of_tree(folder.path()); }), testing::HasSubstr("link"));
}

}  // namespace
}  // namespace joulebench

#include "submissions/kit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "submissions/archive.h"
#include "submissions/submission.h"

namespace joulebench {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

class Kit : public testing::Test {
 protected:
  Kit() : folder_("kit") { fs::create_directory(entry()); }
  fs::path entry() const { return folder_.path() / "entry"; }

  Submission read_with(const std::string& kit) const {
    write_file_atomically(entry() / "submission.json",
                          R"({"format": "joulebench-submission/1", "name": "a", "command": ["x"])" +
                              (kit.empty() ? "" : ", \"kit\": \"" + kit + "\"") + "}");
    return read_submission(entry());
  }

  TemporaryFolder folder_;
};

TEST_F(Kit, IsPutIntoACopyAndCountsInTheId) {
  fs::path complete;
  {
    const Submission submission = read_with("cpp");
    complete = submission.folder;
    EXPECT_EQ(read_text_file(complete / "joulebench.h"), client_kit("cpp").text);
    EXPECT_EQ(submission.id, sha256_of_tree(complete));
    EXPECT_NE(submission.id, sha256_of_tree(entry()));
    EXPECT_FALSE(fs::exists(entry() / "joulebench.h")) << "the folder that was named is left alone";
  }
  EXPECT_FALSE(fs::exists(complete)) << "the copy outlives the submission";
}

TEST_F(Kit, OfTheEntryItselfIsKept) {
  write_file_atomically(entry() / "joulebench.py", "# my own\n");
  const Submission submission = read_with("python");
  EXPECT_EQ(submission.folder, entry());
  EXPECT_EQ(submission.temporary, nullptr);
}

TEST_F(Kit, IsPackedAndThePackedEntryHasTheSameId) {
  const Submission submission = read_with("python");
  const fs::path archive = folder_.path() / "entry.tar.gz";
  pack_archive(submission.folder, archive);
  const Submission unpacked = open_submission(archive);
  EXPECT_EQ(unpacked.id, submission.id);
  EXPECT_EQ(read_text_file(unpacked.folder / "joulebench.py"), client_kit("python").text);
}

TEST_F(Kit, ThatIsNotThereIsRefusedWithTheNamesOfTheOthers) {
  try {
    read_with("rust");
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.parts().where, HasSubstr("python, cpp"));
  }
  for (const ClientKit& kit : client_kits()) {
    EXPECT_THAT(submission_schema(), HasSubstr("\"" + std::string(kit.name) + "\""));
  }
}

TEST_F(Kit, DoesNotHideALinkThatLeaves) {
  fs::create_symlink("/etc/passwd", entry() / "link");
  EXPECT_THROW(read_with("python"), Error);
}

}  // namespace
}  // namespace joulebench

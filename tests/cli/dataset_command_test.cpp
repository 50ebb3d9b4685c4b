#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

class DatasetCommand : public SmallWorld {
 protected:
  ProgramEnd dataset(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "dataset");
    arguments.insert(arguments.end(), {"--datasets", folder() / "store"});
    return joulebench(arguments);
  }
  std::string write_csv(const std::string& text) const {
    write_file_atomically(folder() / "mine.csv", text);
    return folder() / "mine.csv";
  }
};

TEST_F(DatasetCommand, ListsWhatComesWithTheProgram) {
  const ProgramEnd end = dataset({"list", "--format", "json"});
  EXPECT_EQ(end.status, 0);
  std::map<std::string, bool> complete;
  const auto result = nlohmann::json::parse(end.out);
  for (const auto& one : result["datasets"]) complete[one["id"]] = one["complete"];
  EXPECT_TRUE(complete.at("digits"));
  EXPECT_TRUE(complete.at("wine-quality"));
  EXPECT_FALSE(complete.at("cifar-10"));
}

TEST_F(DatasetCommand, VerifyIsStatusOneForWhatIsMissing) {
  EXPECT_EQ(dataset({"verify", "digits"}).out, "digits: good, 2 files, 0.1 MB\n");
  const ProgramEnd end = dataset({"verify", "cifar-10"});
  EXPECT_EQ(end.status, 1);
  EXPECT_EQ(end.out,
            "cifar-10: not complete\n"
            "  cifar-10-binary.tar.gz is missing: joulebench dataset fetch cifar-10\n");
}

TEST_F(DatasetCommand, NamesTheNearestDataset) {
  const ProgramEnd end = dataset({"verify", "digit"});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::HasSubstr("joulebench: there is no dataset 'digit'\n"));
  EXPECT_THAT(end.err, testing::HasSubstr("did you mean 'digits'?"));
}

TEST_F(DatasetCommand, FetchSaysWhatAFolderLacks) {
  const ProgramEnd end = dataset({"fetch", "cifar-10", "--from", folder()});
  EXPECT_EQ(end.status, 2);
  EXPECT_EQ(end.err, "joulebench: cannot read a dataset file\n  " +
                         (folder() / "cifar-10-binary.tar.gz").string() +
                         ": No such file or directory\n");
}

TEST_F(DatasetCommand, ImportsAndExports) {
  const std::string csv = write_csv("1,a\n2,b\n3,a\n4,b\n1,a\n");
  const ProgramEnd imported = dataset({"import", "mine", "--csv", csv, "--hidden", "0.5"});
  EXPECT_EQ(imported.status, 0);
  EXPECT_THAT(imported.out, testing::HasSubstr(" hidden samples of 2 classes\n"));
  EXPECT_THAT(imported.out, testing::HasSubstr("  1 samples repeat another; equal ones were kept"));
  EXPECT_EQ(dataset({"verify", "mine"}).status, 0);
  const ProgramEnd exported = dataset({"export", "mine", folder() / "public"});
  EXPECT_EQ(exported.status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder() / "public/inputs.npy"));
  EXPECT_TRUE(std::filesystem::exists(folder() / "public/labels.npy"));
}

TEST_F(DatasetCommand, ImportNamesTheRowItCannotRead) {
  const std::string csv = write_csv("1,a\n2\n");
  const ProgramEnd end = dataset({"import", "mine", "--csv", csv});
  EXPECT_EQ(end.status, 2);
  EXPECT_EQ(end.err, "joulebench: cannot import a dataset\n  " + csv +
                         ": line 2: 1 fields, where 2 were expected\n");
}

}  // namespace
}  // namespace joulebench

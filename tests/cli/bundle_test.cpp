#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/digest.h"
#include "core/json_file.h"
#include "core/npy.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// What an organizer has: 400 flowers of two kinds in a CSV file with a line of names.
class OwnCompetition : public SmallWorld {
 protected:
  OwnCompetition() {
    std::uint64_t state = 1;
    const auto next = [&state] {
      state = state * 6364136223846793005u + 1442695040888963407u;
      return static_cast<double>(state >> 40) / (1 << 24);
    };
    std::string text = "a,b,c,d,kind\n";
    for (int i = 0; i < 400; ++i) {
      const bool is_red = next() < 0.5;
      std::string line;
      for (int column = 0; column < 4; ++column) {
        line += std::to_string(next() + (is_red ? 2.0 : 0.0)) + ",";
      }
      lines_.push_back(line + (is_red ? "red" : "blue"));
      text += lines_.back() + "\n";
    }
    write_file_atomically(folder() / "flowers.csv", text);
    const ProgramEnd end =
        joulebench({"competition", "init", cup(), "--csv", folder() / "flowers.csv", "--label",
                    "kind", "--format", "json", "--title", "Flower cup"});
    EXPECT_EQ(end.status, 0) << end.err;
    std::istringstream rows(read_text_file(cup() / "datasets/cup/hidden_rows.txt"));
    for (std::size_t row = 0; rows >> row;) hidden_.push_back(row);
  }

  fs::path cup() const { return folder() / "cup"; }
  std::string cup_file() const { return cup() / "competition.json"; }

  ProgramEnd bundle(const fs::path& output) const {
    return joulebench({"competition", "bundle", cup_file(), "--output", output});
  }

  /// The bundle's refusal with `content` in a file of the baseline.
  std::string refusal_with(const std::string& content, const std::string& name = "notes.txt") {
    const fs::path file = cup() / "baselines/nearest-mean" / name;
    write_file_atomically(file, content);
    const fs::path output = folder() / "leaking";
    const ProgramEnd end = bundle(output);
    fs::remove(file);
    EXPECT_EQ(end.status, 2) << end.out << name;
    EXPECT_FALSE(fs::exists(output));
    EXPECT_THAT(end.err, HasSubstr("baselines/nearest-mean/" + name + ": "));
    return end.err;
  }

  template <class Number>
  std::string array_of(const std::vector<std::size_t>& numbers) const {
    std::string bytes = "\x80";  // as a pickle begins
    bytes += '\0';
    for (const std::size_t number : numbers) {
      const auto one = static_cast<Number>(number);
      bytes.append(reinterpret_cast<const char*>(&one), sizeof one);
    }
    return bytes;
  }

  std::vector<std::string> lines_;
  std::vector<std::size_t> hidden_;
};

TEST_F(OwnCompetition, OfInitPassesCheckAndRunsAtOnce) {
  const ProgramEnd check = joulebench({"competition", "check", cup_file(), "--meters", "model"});
  EXPECT_EQ(check.status, 0) << check.out << check.err;
  EXPECT_THAT(check.out, HasSubstr("cup: 80 samples to be predicted, 320 public"));
  EXPECT_THAT(check.out, HasSubstr("baselines     nearest-mean"));
  const ProgramEnd entry = joulebench(
      {"submission", "check", cup() / "baselines/nearest-mean", "--competition", cup_file()});
  EXPECT_EQ(entry.status, 0) << entry.out << entry.err;
  const ProgramEnd show = joulebench({"competition", "show", cup_file()});
  EXPECT_EQ(show.status, 0) << show.err;
  EXPECT_THAT(show.out, HasSubstr("Flower cup\n"));
  EXPECT_THAT(show.out, HasSubstr("cup: 80 hidden samples to be predicted, 320 to learn from"));
  EXPECT_THAT(show.out, HasSubstr("memory      2.0 GB"));
  const ProgramEnd json = joulebench({"competition", "show", cup_file(), "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(json.out)["tracks"][0]["track"], "cup");
}

TEST_F(OwnCompetition, InitSaysWhatIsMissing) {
  const ProgramEnd nothing = joulebench({"competition", "init", folder() / "other"});
  EXPECT_EQ(nothing.status, 2);
  EXPECT_THAT(nothing.err, HasSubstr("--csv FILE --label COLUMN"));
  const ProgramEnd again = joulebench({"competition", "init", cup(), "--dataset", "digits"});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("is already there"));
  const ProgramEnd typo =
      joulebench({"competition", "init", folder() / "other", "--dataset", "digit"});
  EXPECT_EQ(typo.status, 2);
  EXPECT_THAT(typo.err, HasSubstr("did you mean 'digits'?"));
  EXPECT_FALSE(fs::exists(folder() / "other"));
  const ProgramEnd date = joulebench(
      {"competition", "init", folder() / "other", "--dataset", "digits", "--closes", "2027-01-01"});
  EXPECT_EQ(date.status, 2);
  EXPECT_FALSE(fs::exists(folder() / "other"));
}

TEST_F(OwnCompetition, BundleHoldsTheSameBytesEachTime) {
  const ProgramEnd end = bundle(folder() / "one.tar.gz");
  ASSERT_EQ(end.status, 0) << end.err;
  EXPECT_THAT(end.out, HasSubstr("cup: no hidden label, sample or row number was found in it"));
  ASSERT_EQ(bundle(folder() / "two.tar.gz").status, 0);
  EXPECT_EQ(read_text_file(folder() / "one.tar.gz"), read_text_file(folder() / "two.tar.gz"));
  EXPECT_THAT(bundle(folder() / "one.tar.gz").err, HasSubstr("is already there"));
}

TEST_F(OwnCompetition, EntriesAreStartedCheckedAndRunFromTheBundleAlone) {
  ASSERT_EQ(bundle(folder() / "bundle").status, 0);
  fs::remove_all(cup());
  fs::remove(folder() / "flowers.csv");
  const fs::path there = folder() / "bundle";
  const std::string competition = there / "competition.json";
  const std::string entry = there / "my-entry";
  const auto sums = run_program({"/usr/bin/env", "-C", there, "sha256sum", "-c", "SHA256SUMS"});
  EXPECT_EQ(sums.status, 0) << sums.out;
  nlohmann::json json = read_json_file(competition, {});
  json["tracks"][0]["protocol"] = {
      {"blocks", 2}, {"min_block_s", 0.05}, {"idle_s", 0}, {"tail_s", 0.1}};
  ASSERT_EQ(joulebench({"submission", "init", entry}).status, 0);
  // No --competition: that of the working folder.
  const ProgramEnd check = run_program(
      {"/usr/bin/env", "-C", there, JOULEBENCH_PROGRAM, "submission", "check", "my-entry"});
  EXPECT_EQ(check.status, 0) << check.out << check.err;
  EXPECT_THAT(check.out, HasSubstr("answers a request of 64 samples"));  // of 320 public ones
  write_json_file(competition, json);                                    // blocks of a moment
  const ProgramEnd run =
      joulebench({"run", entry, "--competition", competition, "--meters", "model", "--format",
                  "json", "--quiet", "--record", folder() / "record"});
  EXPECT_EQ(run.status, 0) << run.err;
  const auto result = nlohmann::json::parse(run.out);
  EXPECT_EQ(result["outcome"], "valid");
  EXPECT_THAT(result["flags"].dump(), HasSubstr("that of public samples from a bundle"));
  const ProgramEnd again =
      joulebench({"competition", "bundle", competition, "--output", entry + "2"});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("a bundle is not made of a bundle"));
}

TEST_F(OwnCompetition, BundleTellsTheRules) {
  ASSERT_EQ(bundle(folder() / "bundle").status, 0);
  const std::string page = read_text_file(folder() / "bundle/README.md");
  EXPECT_THAT(page, testing::StartsWith("# Flower cup\n"));
  for (const char* text :
       {"joulebench submission init my-entry", "80 hidden samples to be predicted",
        "| memory | 2.0 GB", "256 to learn from and 64 to practise on",
        "The competition asks for 80 hidden ones."}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  const nlohmann::json competition = read_json_file(folder() / "bundle/competition.json", {});
  EXPECT_EQ(competition["tracks"][0]["baselines"][0], "baselines/nearest-mean");
}

TEST_F(OwnCompetition, BundleRefusesHiddenLabels) {
  std::string json, column = "label\n";
  std::vector<std::size_t> indices;
  for (const std::size_t row : hidden_) {
    const bool is_red = lines_[row].ends_with("red");
    json += (json.empty() ? "[" : ", ") + std::to_string(is_red ? 1 : 0);
    column += is_red ? "red\n" : "blue\n";
    indices.push_back(is_red ? 1 : 0);
  }
  EXPECT_THAT(refusal_with(json + "]", "answers.json"),
              HasSubstr("holds labels of the hidden part"));
  EXPECT_THAT(refusal_with(column, "answers.csv"), HasSubstr("labels"));
  EXPECT_THAT(refusal_with(array_of<std::int64_t>(indices), "answers.pkl"),
              HasSubstr("holds labels of the hidden part"));
}

TEST_F(OwnCompetition, BundleRefusesRowNumbersOfTheSplit) {
  std::string rows, ours;
  std::vector<std::size_t> open_to_all;
  for (std::size_t row = 0, next = 0; row < lines_.size(); ++row) {
    if (next < hidden_.size() && hidden_[next] == row) {
      ++next;
      rows += std::to_string(row) + " ";
    } else {
      open_to_all.push_back(row);
    }
  }
  EXPECT_THAT(refusal_with("test = " + rows), HasSubstr("holds row numbers of the split"));
  EXPECT_THAT(refusal_with(array_of<std::int32_t>(hidden_), "rows.bin"),
              HasSubstr("holds row numbers of the split"));
  // Those of the public part say the same.
  EXPECT_THAT(refusal_with(array_of<std::uint16_t>(open_to_all), "train.bin"),
              HasSubstr("holds row numbers of the split"));
  EXPECT_THAT(refusal_with(read_text_file(cup() / "datasets/cup/hidden_rows.txt"), "rows.txt"),
              HasSubstr("is hidden_rows.txt"));
}

TEST_F(OwnCompetition, BundleRefusesASingleHiddenSampleAndTheWholeFile) {
  EXPECT_THAT(refusal_with("look: " + lines_[hidden_[5]] + "\n"),
              HasSubstr("holds hidden samples"));
  EXPECT_THAT(refusal_with(read_text_file(cup() / "datasets/cup/flowers.csv"), "data.csv"),
              HasSubstr("is flowers.csv"));
  std::string binary;
  std::istringstream values(lines_[hidden_[7]]);
  for (std::string value; binary.size() < 16 && std::getline(values, value, ',');) {
    const float number = std::stof(value);
    binary.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  EXPECT_THAT(refusal_with(std::string(5, '\0') + binary, "sample.bin"),
              HasSubstr("holds hidden samples"));
}

TEST_F(OwnCompetition, BundleIsMadeWithoutTheHiddenPart) {
  // A dataset whose parts have files of their own, of which only the public ones are here.
  ASSERT_EQ(bundle(folder() / "bundle").status, 0);
  const fs::path data = folder() / "bundle/datasets/cup";
  nlohmann::json manifest = read_json_file(data / "dataset.json", {});
  manifest.erase("samples");
  manifest.erase("split");
  manifest.erase("practice_for");
  manifest["public"] = {{{"format", "npy"}, {"inputs", "inputs.npy"}, {"labels", "labels.npy"}}};
  manifest["hidden"] = {{{"format", "npy"}, {"inputs", "test.npy"}, {"labels", "answers.npy"}}};
  manifest["files"].push_back(
      {{"name", "test.npy"}, {"bytes", 5}, {"sha256", std::string(64, 'a')}});
  manifest["files"].push_back(
      {{"name", "answers.npy"}, {"bytes", 5}, {"sha256", std::string(64, 'b')}});
  write_json_file(data / "dataset.json", manifest);
  const ProgramEnd end = joulebench({"competition", "bundle", folder() / "bundle/competition.json",
                                     "--output", folder() / "second"});
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_THAT(end.out, HasSubstr("its hidden part is not on this machine"));
  const ProgramEnd check =
      joulebench({"submission", "check", folder() / "second/baselines/nearest-mean",
                  "--competition", folder() / "second/competition.json"});
  EXPECT_EQ(check.status, 0) << check.out << check.err;
}

class Import : public SmallWorld {
 protected:
  ProgramEnd import(const std::string& text, std::vector<std::string> more = {}) {
    write_file_atomically(folder() / "data.csv", text);
    std::vector<std::string> words = {
        "dataset",    "import",          "mine", "--csv", folder() / "data.csv",
        "--datasets", folder() / "store"};
    words.insert(words.end(), more.begin(), more.end());
    fs::remove_all(folder() / "store");
    return joulebench(words);
  }
};

TEST_F(Import, ALineOfNamesIsNotTakenForASample) {
  const std::string text = "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n9,1,x\n2,2,y\n";
  const ProgramEnd refused = import(text);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("line 1 holds texts where all lines below it hold numbers "
                                     "(columns 0, 1)"));
  EXPECT_THAT(refused.err, HasSubstr("where it names the columns: --header"));
  const ProgramEnd named = import(text, {"--header"});
  EXPECT_EQ(named.status, 0) << named.err;
  EXPECT_THAT(named.out, HasSubstr("of 2 classes"));
  EXPECT_EQ(import(text, {"--no-header"}).status, 0);
}

TEST_F(Import, AQuantityIsNoClassButCanBePredictedAsANumber) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(i * 3 % 7) + "," + std::to_string(i % 5) + "," +
            std::to_string(100.5 + i * 1.25) + "\n";
  }
  const ProgramEnd refused = import(text);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("column '2', the label, has 60 different numbers in 60 rows: "
                                     "a quantity, and no class"));
  const ProgramEnd numbers = import(text, {"--label-numbers"});
  EXPECT_EQ(numbers.status, 0) << numbers.err;
  const nlohmann::json manifest = read_json_file(folder() / "store/mine/dataset.json", {});
  EXPECT_EQ(manifest["class_values"].size(), 60U);
  EXPECT_DOUBLE_EQ(manifest["class_values"][0], 100.5);
}

}  // namespace
}  // namespace joulebench

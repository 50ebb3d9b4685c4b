#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <regex>

#include "core/npy.h"
#include "datasets/dataset.h"
#include "tests/submissions/reference/entry_process.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = JOULEBENCH_SOURCE_DIR;
const fs::path kReference = kRoot / "submissions/reference";

Dataset open(const std::string& name) {
  return open_dataset(name, {{kRoot / "datasets"}});
}

double accuracy(const std::vector<std::int32_t>& classes, const std::vector<std::int32_t>& labels) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) right += classes[i] == labels[i];
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

// The table in an entry's README: dataset to test accuracy.
std::map<std::string, double> stated_accuracies(const fs::path& entry) {
  const std::string text = read_text_file(entry / "README.md");
  const std::regex row(R"(\n\| ([a-z0-9-]+) \| (0\.\d{4}|1\.0000) )");
  std::map<std::string, double> stated;
  for (std::sregex_iterator it(text.begin(), text.end(), row), end; it != end; ++it) {
    stated[(*it)[1]] = std::stod((*it)[2]);
  }
  return stated;
}

struct Expected {
  const char* entry;
  const char* dataset;
  double least;  // accuracy
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.entry << " on " << expected.dataset;
}

class ReferenceEntry : public ::testing::TestWithParam<Expected> {};

TEST_P(ReferenceEntry, IsAsAccurateAsItsReadmeSays) {
  const Dataset dataset = open(GetParam().dataset);
  EntryProcess entry(kReference / GetParam().entry, dataset.id);
  const double measured = accuracy(entry.predict(dataset.hidden_inputs), dataset.hidden_labels);
  EXPECT_GE(measured, GetParam().least);
  const auto stated = stated_accuracies(kReference / GetParam().entry);
  ASSERT_TRUE(stated.contains(dataset.id));
  // One sample may fall to the other side on a processor that rounds otherwise.
  const double one_sample = 1.0 / static_cast<double>(dataset.hidden_labels.size());
  EXPECT_NEAR(measured, stated.at(dataset.id), one_sample + 5e-5);
  EXPECT_EQ(entry.exit_status(), 0);
}

TEST_P(ReferenceEntry, AnswersForBatchesOfAnySizeAndOrderAlike) {
  const Dataset dataset = open(GetParam().dataset);
  EntryProcess entry(kReference / GetParam().entry, dataset.id);
  const auto order = draw_order(1, 1, dataset.hidden_inputs.rows());
  const std::span<const std::uint32_t> some(order.data(), 20);
  const auto together = entry.predict(rows_in_order(dataset.hidden_inputs, some));
  std::vector<std::int32_t> apart;
  for (const std::size_t size : {1, 1, 3, 15}) {
    const auto batch = some.subspan(apart.size(), size);
    const auto classes = entry.predict(rows_in_order(dataset.hidden_inputs, batch));
    apart.insert(apart.end(), classes.begin(), classes.end());
  }
  EXPECT_EQ(apart, together);
  EXPECT_EQ(entry.predict(rows_in_order(dataset.hidden_inputs, {})).size(), 0u);
  EXPECT_EQ(entry.exit_status(), 0);
}

TEST_P(ReferenceEntry, StaysAccurateOnSaltedInputs) {
  const Dataset dataset = open(GetParam().dataset);
  EntryProcess entry(kReference / GetParam().entry, dataset.id);
  Tensor salted = dataset.hidden_inputs;
  salt_inputs(salted, dataset.salt, 99);
  EXPECT_GE(accuracy(entry.predict(salted), dataset.hidden_labels), GetParam().least);
}

INSTANTIATE_TEST_SUITE_P(Digits, ReferenceEntry,
                         ::testing::Values(Expected{"decision-tree", "digits", 0.85},
                                           Expected{"k-nearest-neighbours", "digits", 0.97},
                                           Expected{"logistic-regression", "digits", 0.95},
                                           Expected{"neural-network", "digits", 0.96}),
                         [](const auto& param) {
                           return std::regex_replace(std::string(param.param.entry),
                                                     std::regex("-"), "_");
                         });

TEST(Kits, InEntriesAreCopiesOfTheKits) {
  int copies = 0;
  for (const auto& file : fs::recursive_directory_iterator(kRoot / "submissions")) {
    const fs::path name = file.path().filename();
    const bool is_python = name == "joulebench.py";
    if (!is_python && name != "joulebench.h") continue;
    ++copies;
    EXPECT_EQ(read_text_file(file.path()),
              read_text_file(kRoot / "submissions/kits" / (is_python ? "python" : "cpp") / name))
        << file.path();
  }
  EXPECT_GE(copies, 6);  // two kits, four entries
}

// The committed weights are what train.py makes of the public part: nothing else went into them.
class Training : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Training, GivesTheCommittedWeights) {
  const fs::path entry = kReference / GetParam().first;
  const std::string model = GetParam().second;
  const std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "OMP_NUM_THREADS=1",
                                                "OPENBLAS_NUM_THREADS=1"};
  try {
    run_command({"python3", "-c", "import sklearn"}, "/", environment);
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "needs Debian's python3-sklearn";
  }
  const Dataset digits = open("digits");
  const TemporaryFolder folder("training");
  Tensor labels;
  labels.dtype = DType::i32;
  labels.shape = {digits.public_labels.size()};
  const auto bytes = std::as_bytes(std::span(digits.public_labels));
  labels.bytes.assign(bytes.begin(), bytes.end());
  write_file_atomically(folder.path() / "inputs.npy", to_npy(digits.public_inputs));
  write_file_atomically(folder.path() / "labels.npy", to_npy(labels));
  fs::create_directory(folder.path() / "models");
  run_command({"python3", (entry / "train.py").string(), "inputs.npy", "labels.npy", model},
              folder.path(), environment);
  // Weights may differ in their last bits between processors: what they predict may not.
  EntryProcess committed(entry, "digits");
  const fs::path again = folder.path() / "again";
  fs::copy(entry, again, fs::copy_options::recursive);
  fs::copy(folder.path() / "models", again / "models",
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  EntryProcess retrained(again, "digits");
  const auto committed_classes = committed.predict(digits.hidden_inputs);
  const auto retrained_classes = retrained.predict(digits.hidden_inputs);
  int different = 0;
  for (std::size_t i = 0; i < committed_classes.size(); ++i) {
    different += committed_classes[i] != retrained_classes[i];
  }
  EXPECT_LE(different, 3);
}

INSTANTIATE_TEST_SUITE_P(Digits, Training,
                         ::testing::Values(std::pair{"decision-tree", "models/digits.txt"},
                                           std::pair{"k-nearest-neighbours", "models/digits"},
                                           std::pair{"logistic-regression", "models/digits.npz"},
                                           std::pair{"neural-network", "models/digits.npz"}),
                         [](const auto& param) {
                           return std::regex_replace(std::string(param.param.first),
                                                     std::regex("-"), "_");
                         });

}  // namespace
}  // namespace joulebench

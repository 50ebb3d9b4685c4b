#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <regex>
#include <set>

#include "datasets/labels.h"
#include "datasets/order.h"
#include "datasets/store.h"
#include "submissions/kit.h"
#include "submissions/submission.h"
#include "test_paths.h"
#include "tests/submissions/reference/entry_process.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = JOULEBENCH_SOURCE_DIR;
const fs::path kReference = kRoot / "submissions/reference";

// Datasets that the tree does not hold are read from ../shared/datasets, and skipped without it.
class Datasets {
 public:
  std::optional<LabelledDataset> open(const std::string& name) {
    const fs::path originals = fs::path(JOULEBENCH_SHARED_DIR) / "datasets" / name;
    if (!fs::exists(kRoot / "datasets" / name / "README.md")) return {};
    if (name == "mnist" || name == "fashion-mnist") {
      if (!fs::is_directory(originals)) return {};
      fs::create_directory(links_.path() / name);
      for (const auto& file : fs::directory_iterator(originals)) {
        fs::create_symlink(fs::absolute(file.path()),
                           links_.path() / name / file.path().filename());
      }
    }
    return open_dataset(name, {{kRoot / "datasets", links_.path()}});
  }

 private:
  TemporaryFolder links_{"datasets"};
};

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

bool has_module(const std::string& name) {
  try {
    run_command({"python3", "-c", "import " + name}, "/", {"PATH=/usr/bin:/bin"});
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

class ReferenceEntry : public ::testing::TestWithParam<Expected> {};

TEST_P(ReferenceEntry, IsAsAccurateAsItsReadmeSays) {
  Datasets datasets;
  const auto labelled = datasets.open(GetParam().dataset);
  if (!labelled) GTEST_SKIP() << "needs ../shared/datasets/" << GetParam().dataset;
  const Dataset& dataset = labelled->dataset;
  const std::map<std::string, std::string> needed = {{"random-forest", "sklearn"},
                                                     {"separable-network", "torch"}};
  const auto module = needed.find(GetParam().entry);
  if (module != needed.end() && !has_module(module->second)) {
    GTEST_SKIP() << "needs Debian's python3-" << module->second;
  }
  const fs::path folder = kReference / GetParam().entry;
  EntryProcess entry(folder, dataset);
  const Tensor& inputs = dataset.hidden_inputs;
  const double measured = accuracy(entry.predict(inputs), labelled->hidden_labels);
  EXPECT_GE(measured, GetParam().least);
  const auto stated = stated_accuracies(folder);
  ASSERT_TRUE(stated.contains(dataset.id));
  // A few samples may fall to the other side on a processor that rounds otherwise.
  const double some = std::max(1.0, 0.0005 * static_cast<double>(inputs.rows()));
  EXPECT_NEAR(measured, stated.at(dataset.id), some / static_cast<double>(inputs.rows()) + 5e-5);

  // Batches of any size and order are answered alike.
  const auto order = draw_order(1, 1, inputs.rows());
  const std::span<const std::uint32_t> few(order.data(), 20);
  const auto together = entry.predict(rows_in_order(inputs, few));
  std::vector<std::int32_t> apart;
  for (const std::size_t size : {1, 1, 3, 15}) {
    const auto batch = few.subspan(apart.size(), size);
    const auto classes = entry.predict(rows_in_order(inputs, batch));
    apart.insert(apart.end(), classes.begin(), classes.end());
  }
  EXPECT_EQ(apart, together);
  EXPECT_EQ(entry.predict(rows_in_order(inputs, {})).size(), 0u);

  // Salt moves accuracy by at most 0.2 points.
  if (inputs.rows() < 2000) {
    double salted_accuracy = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Tensor salted = inputs;
      salt_inputs(salted, dataset.salt, seed);
      salted_accuracy += accuracy(entry.predict(salted), labelled->hidden_labels) / 20;
    }
    EXPECT_NEAR(salted_accuracy, measured, 0.002);
  }
  EXPECT_EQ(entry.exit_status(), 0);
}

// The least is a little below what scikit-learn reaches with its defaults on the same split, which
// is (digits, wine, mushroom, MNIST, Fashion-MNIST): tree 0.878 0.522 0.998 0.878 0.790, k-NN 0.981
// 0.542 0.998 0.969 0.855, logistic regression 0.969 0.539 0.998 0.924 0.840, network 0.972 0.507
// 0.998 0.981 0.887; of a small CNN 0.99 and 0.90 are asked.
INSTANTIATE_TEST_SUITE_P(All, ReferenceEntry,
                         ::testing::Values(Expected{"decision-tree", "digits", 0.85},
                                           Expected{"decision-tree", "wine-quality", 0.515},
                                           Expected{"decision-tree", "mushroom", 0.998},
                                           Expected{"decision-tree", "mnist", 0.87},
                                           Expected{"decision-tree", "fashion-mnist", 0.78},
                                           Expected{"k-nearest-neighbours", "digits", 0.97},
                                           Expected{"k-nearest-neighbours", "wine-quality", 0.53},
                                           Expected{"k-nearest-neighbours", "mushroom", 0.998},
                                           Expected{"k-nearest-neighbours", "mnist", 0.965},
                                           Expected{"k-nearest-neighbours", "fashion-mnist", 0.85},
                                           Expected{"logistic-regression", "digits", 0.95},
                                           Expected{"logistic-regression", "wine-quality", 0.53},
                                           Expected{"logistic-regression", "mushroom", 0.998},
                                           Expected{"random-forest", "digits", 0.95},
                                           Expected{"random-forest", "wine-quality", 0.53},
                                           Expected{"neural-network", "digits", 0.96},
                                           Expected{"neural-network", "wine-quality", 0.50},
                                           Expected{"neural-network", "mushroom", 0.998},
                                           Expected{"neural-network", "mnist", 0.978},
                                           Expected{"neural-network", "fashion-mnist", 0.88},
                                           Expected{"logistic-regression", "mnist", 0.92},
                                           Expected{"logistic-regression", "fashion-mnist", 0.835},
                                           Expected{"binarized-network", "mnist", 0.935},
                                           Expected{"convolutional-network", "mnist", 0.988},
                                           Expected{"convolutional-network", "fashion-mnist", 0.9},
                                           Expected{"separable-network", "mnist", 0.988},
                                           Expected{"separable-network", "fashion-mnist", 0.9},
                                           Expected{"quantized-network", "mnist", 0.975},
                                           Expected{"quantized-network", "fashion-mnist", 0.88},
                                           Expected{"pruned-network", "mnist", 0.975},
                                           Expected{"pruned-network", "fashion-mnist", 0.88}),
                         [](const auto& param) {
                           return std::regex_replace(
                               std::string(param.param.entry) + "_" + param.param.dataset,
                               std::regex("-"), "_");
                         });

TEST(Kits, AreInTheTreeOnceAndInEveryReferenceEntryThatIsRead) {
  std::set<fs::path> kits;
  for (const ClientKit& kit : client_kits()) {
    kits.insert(kRoot / "submissions/kits" / kit.name / kit.file);
  }
  for (const auto& file : fs::recursive_directory_iterator(kRoot / "submissions")) {
    const fs::path name = file.path().filename();
    if (name == "joulebench.py" || name == "joulebench.h") {
      EXPECT_TRUE(kits.contains(file.path())) << file.path();
    }
  }
  int entries = 0;
  for (const auto& folder : fs::directory_iterator(kReference)) {
    if (!folder.is_directory()) continue;
    ++entries;
    const Submission entry = read_submission(folder.path());
    const bool python = fs::exists(entry.folder / "joulebench.py");
    const ClientKit& kit = client_kit(python ? "python" : "cpp");
    EXPECT_EQ(read_text_file(entry.folder / kit.file), kit.text) << folder.path();
    EXPECT_EQ(read_text_file(kRoot / "submissions/kits" / kit.name / kit.file), kit.text);
  }
  EXPECT_EQ(entries, 16);
}

TEST(LearningNetwork, IsTheAugmentedOneButForItsManifest) {
  EXPECT_EQ(read_text_file(kReference / "learning-network/program.py"),
            read_text_file(kReference / "learning-network-augmented/program.py"));
}

// The committed weights are what train.py makes of the public part: nothing else went into them.
class Training : public ::testing::TestWithParam<const char*> {};

TEST_P(Training, GivesTheCommittedWeights) {
  const fs::path entry = kReference / GetParam();
  const std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "OMP_NUM_THREADS=1",
                                                "OPENBLAS_NUM_THREADS=1"};
  if (!has_module("sklearn")) GTEST_SKIP() << "needs Debian's python3-sklearn";
  const Dataset digits = Datasets().open("digits")->dataset;
  const TemporaryFolder folder("training");
  write_public_part(digits, folder.path());
  const fs::path again = folder.path() / "again";
  fs::copy(entry, again, fs::copy_options::recursive);
  for (const auto& file : fs::directory_iterator(again / "models")) fs::remove(file.path());
  run_command({"python3", "train.py", folder.path().string(), "digits"}, again, environment);
  // Weights may differ in their last bits between processors: what they predict may not.
  EntryProcess committed(entry, digits);
  EntryProcess retrained(again, digits);
  const auto committed_classes = committed.predict(digits.hidden_inputs);
  const auto retrained_classes = retrained.predict(digits.hidden_inputs);
  int different = 0;
  for (std::size_t i = 0; i < committed_classes.size(); ++i) {
    different += committed_classes[i] != retrained_classes[i];
  }
  EXPECT_LE(different, 3);
}

INSTANTIATE_TEST_SUITE_P(
    Digits, Training, ::testing::Values("decision-tree", "logistic-regression", "neural-network"),
    [](const auto& param) {
      return std::regex_replace(std::string(param.param), std::regex("-"), "_");
    });

}  // namespace
}  // namespace joulebench

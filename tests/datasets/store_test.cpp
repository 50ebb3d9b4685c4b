#include "datasets/store.h"
#include "test_paths.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/file.h"
#include "core/npy.h"
#include "datasets/import.h"
#include "datasets/labels.h"
#include "tests/datasets/loopback_server.h"
#include "tests/datasets/message.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// A dataset whose manifest lies in one folder, and whose files are to come to another.
class Store : public ::testing::Test {
 protected:
  Store() {
    for (int i = 0; i < 20000; ++i) csv_ += std::to_string(i % 100) + ",1,0\n1,2,1\n";
  }

  void write_manifest(const std::vector<std::string>& urls) {
    const std::string rows = "0\n3\n";
    const auto file = [](const std::string& name, const std::string& content,
                         const std::string& addresses) {
      return "{\"name\": \"" + name + "\", \"bytes\": " + std::to_string(content.size()) +
             ", \"sha256\": \"" + sha256_of_text(content) + "\", \"urls\": [" + addresses + "]}";
    };
    std::string addresses;
    for (const std::string& url : urls) {
      addresses += (addresses.empty() ? "\"" : ", \"") + url + "\"";
    }
    const fs::path folder = place_.path() / "manifests/far";
    fs::create_directories(folder);
    write_file_atomically(folder / "rows.txt", rows);
    write_file_atomically(
        folder / "dataset.json",
        R"({"format": "joulebench-dataset/1", "id": "far", "title": "Far", "licence": "CC0",
 "citation": "none", "class_names": ["a", "b"], "files": [)" +
            file("t.csv", csv_, addresses) + ", " + file("rows.txt", rows, "") +
            R"(], "inputs": {"dtype": "u8", "shape": [2]}, "samples": [{"format": "csv",
 "file": "t.csv", "rows": 40000, "columns": 3, "label_column": 2}], "split": {"rows_file": "rows.txt"}})");
  }

  std::size_t fetch(const std::string& from = {}) {
    FetchOptions options{.store = store_, .from = from, .patience = Seconds(1)};
    options.warn = [this](const std::string& text) { warnings_.push_back(text); };
    return fetch_dataset("far", locations(), options);
  }
  std::string fetch_error(const std::string& from = {}) {
    return where_of_error([&] { fetch(from); });
  }
  DatasetLocations locations() const { return {{store_, place_.path() / "manifests"}}; }
  fs::path fetched() const { return store_ / "far/t.csv"; }

  TemporaryFolder place_{"test"};
  fs::path store_ = place_.path() / "store";
  std::string csv_;
  std::vector<std::string> warnings_;
};

TEST_F(Store, CopiesFromAFolderOnce) {
  write_manifest({});
  EXPECT_EQ(fetch_error(), (place_.path() / "manifests/far/dataset.json").string() +
                               ": the manifest has no address for it");
  const fs::path originals = place_.path() / "originals";
  fs::create_directory(originals);
  write_file_atomically(originals / "t.csv", csv_);
  EXPECT_EQ(fetch(originals), 1u);  // rows.txt lies beside the manifest
  EXPECT_EQ(fetch(originals), 0u);
  EXPECT_EQ(open_dataset("far", locations()).hidden_labels, (std::vector<std::int32_t>{0, 1}));
  EXPECT_TRUE(verify_dataset("far", locations()).is_complete());
}

TEST_F(Store, RefusesAWrongFileInAFolder) {
  write_manifest({});
  write_file_atomically(place_.path() / "t.csv", csv_ + "x");
  EXPECT_EQ(fetch_error(place_.path()), (place_.path() / "t.csv").string() + ": " +
                                            std::to_string(csv_.size() + 1) + " bytes, where " +
                                            std::to_string(csv_.size()) + " were expected");
  EXPECT_FALSE(fs::exists(fetched()));
}

TEST_F(Store, DownloadsAndFollowsRedirects) {
  LoopbackServer server([this](const std::string& path, std::size_t) {
    if (path == "/old/t.csv") {
      return Answer{.head = "HTTP/1.1 302 Found", .headers = {"Location: /new/t.csv"}};
    }
    return path == "/new/t.csv" ? Answer{.body = csv_} : Answer{.head = "HTTP/1.1 404 Not Found"};
  });
  write_manifest({server.url() + "/old/t.csv"});
  EXPECT_EQ(fetch(), 1u);
  EXPECT_EQ(read_text_file(fetched()), csv_);
  EXPECT_EQ(server.requests(), 2);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Store, GoesOnWhereAnAnswerEnded) {
  // The first answer promises all and ends after 1000 bytes; the second brings the rest.
  std::vector<std::size_t> asked;
  LoopbackServer server([&](const std::string&, std::size_t from) {
    asked.push_back(from);
    if (from == 0) return Answer{.body = csv_.substr(0, 1000), .stated_length = csv_.size()};
    return Answer{.head = "HTTP/1.1 206 Partial Content",
                  .headers = {"Content-Range: bytes " + std::to_string(from) + "-" +
                              std::to_string(csv_.size() - 1) + "/" + std::to_string(csv_.size())},
                  .body = csv_.substr(from)};
  });
  write_manifest({server.url() + "/t.csv"});
  EXPECT_EQ(fetch(), 1u);
  EXPECT_EQ(asked, (std::vector<std::size_t>{0, 1000}));
  EXPECT_EQ(read_text_file(fetched()), csv_);
}

TEST_F(Store, StartsAnewWithAServerThatCannotGoOn) {
  LoopbackServer server([this](const std::string&, std::size_t) { return Answer{.body = csv_}; });
  write_manifest({server.url() + "/t.csv"});
  fs::create_directories(store_ / "far");
  write_file_atomically(store_ / "far/t.csv.part", csv_.substr(0, 500));
  EXPECT_EQ(fetch(), 1u);
  EXPECT_EQ(read_text_file(fetched()), csv_);
}

TEST_F(Store, TriesTheNextMirrorAfterWrongBytesAndMissingFiles) {
  std::string wrong = csv_;
  wrong[7] = '9';
  LoopbackServer server([&](const std::string& path, std::size_t) {
    if (path == "/gone") return Answer{.head = "HTTP/1.1 404 Not Found"};
    return Answer{.body = path == "/wrong" ? wrong : path == "/long" ? csv_ + "more" : csv_};
  });
  write_manifest({server.url() + "/gone", server.url() + "/wrong", server.url() + "/long",
                  server.url() + "/good"});
  EXPECT_EQ(fetch(), 1u);
  EXPECT_EQ(read_text_file(fetched()), csv_);
  EXPECT_EQ(warnings_, (std::vector<std::string>{
                           server.url() + "/gone: The requested URL returned error: 404",
                           server.url() + "/wrong: SHA-256 is " + sha256_of_text(wrong) +
                               ", where " + sha256_of_text(csv_) + " was expected",
                           server.url() + "/long: more than the " + std::to_string(csv_.size()) +
                               " bytes that were expected"}));
}

TEST_F(Store, GivesUpOnAServerThatFallsSilent) {
  LoopbackServer server([this](const std::string&, std::size_t from) {
    return from != 0
               ? Answer{.head = "HTTP/1.1 503 Service Unavailable"}
               : Answer{.body = csv_.substr(0, 100), .stated_length = csv_.size(), .hang = true};
  });
  write_manifest({server.url() + "/t.csv"});
  EXPECT_EQ(fetch_error(), server.url() + "/t.csv: no answer, or no byte, for 1 s");
  EXPECT_FALSE(fs::exists(fetched()));
  EXPECT_EQ(fs::file_size(store_ / "far/t.csv.part"), 100u);  // for the next time
}

TEST_F(Store, SaysThatThereIsNoNetwork) {
  int port = 0;
  {
    LoopbackServer closed([](const std::string&, std::size_t) { return Answer{}; });
    port = std::stoi(closed.url().substr(17));
  }
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/t.csv";
  write_manifest({url});
  try {
    fetch();
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.parts().where.starts_with(url + ": Failed to connect to 127.0.0.1 port"));
    EXPECT_EQ(error.parts().hint,
              "without network, give a folder with the original files: --from DIR");
  }
}

TEST_F(Store, IsFilledOnceByTwoProcesses) {
  std::atomic<int> served = 0;
  LoopbackServer server([&](const std::string&, std::size_t) {
    ++served;
    return Answer{.body = csv_};
  });
  write_manifest({server.url() + "/t.csv"});
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      try {
        fetch();
        ::_exit(read_text_file(fetched()) == csv_ ? 0 : 1);
      } catch (...) {
        ::_exit(2);
      }
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(served, 1);  // who came second found the file
}

TEST_F(Store, LeavesNothingHalfNamedWhenItCannotWrite) {
  LoopbackServer server([this](const std::string&, std::size_t) { return Answer{.body = csv_}; });
  write_manifest({server.url() + "/t.csv"});
  const pid_t child = ::fork();
  if (child == 0) {
    // A limit on file size stands for a full disk: write() fails in the midst of the file.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 5000, .rlim_max = 5000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(fetch_error().find("File too large") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(fs::exists(fetched()));
  EXPECT_FALSE(fs::exists(store_ / "far/t.csv.part"));
}

TEST_F(Store, VerifyNamesWhatDiffers) {
  write_manifest({});
  fs::create_directories(store_ / "far");
  std::string damaged = csv_;
  damaged[0] = '7';
  write_file_atomically(fetched(), damaged);
  const DatasetState state = verify_dataset("far", locations());
  EXPECT_FALSE(state.is_complete());
  EXPECT_EQ(state.files[0].state, FileState::State::differs);
  EXPECT_EQ(state.files[0].problem, fetched().string() + ": SHA-256 is " + sha256_of_text(damaged) +
                                        ", where " + sha256_of_text(csv_) + " was expected");
  EXPECT_EQ(state.files[1].state, FileState::State::good);
}

TEST(Export, WritesThePublicPartAlone) {
  const TemporaryFolder folder("test");
  const DatasetLocations locations{{fs::path(JOULEBENCH_SOURCE_DIR) / "datasets"}};
  EXPECT_EQ(export_public_part("digits", locations, folder.path()), 1437u);
  const auto [digits, hidden_labels] = open_dataset("digits", locations);
  EXPECT_EQ(read_npy(folder.path() / "inputs.npy").bytes, digits.public_inputs.bytes);
  EXPECT_EQ(read_npy(folder.path() / "labels.npy").shape, (std::vector<std::size_t>{1437}));
  EXPECT_EQ(read_npy(folder.path() / "validation_rows.npy").shape, (std::vector<std::size_t>{144}));
}

class Import : public ::testing::Test {
 protected:
  ImportOptions csv(const std::string& text) {
    write_file_atomically(place_.path() / "mine.csv", text);
    return {.name = "mine", .csv = place_.path() / "mine.csv", .store = place_.path() / "store"};
  }
  TemporaryFolder place_{"test"};
};

TEST_F(Import, RecordsCategoriesAndClasses) {
  ImportOptions options = csv("colour;size;kind\nred;1.5;b\nblue;2;a\nred;10;b\nblue;3;a\n");
  options.header = true;
  options.hidden_fraction = 0.5;
  const ImportReport report = import_dataset(options);
  EXPECT_EQ(report.public_rows, 2u);
  EXPECT_EQ(report.hidden_rows, 2u);
  EXPECT_EQ(report.class_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(report.categorical_columns, (std::vector<std::string>{"colour"}));
  const auto [dataset, hidden_labels] = open_dataset("mine", {{options.store}});
  EXPECT_EQ(dataset.hidden_inputs.shape, (std::vector<std::size_t>{2, 3}));  // blue, red, size
  EXPECT_EQ(dataset.hidden_inputs.dtype, DType::f32);
  EXPECT_EQ(dataset.salt, SaltKind::ulp);
  for (std::size_t row = 0; row < 2; ++row) {  // kind a is blue, kind b is red
    EXPECT_EQ(element_as_double(dataset.hidden_inputs, 3 * row), hidden_labels[row] == 0);
  }
  EXPECT_EQ(where_of_error([&] { import_dataset(options); }),
            (options.store / "mine").string() + ": is already there");
}

TEST_F(Import, TakesANamedLabelAndAnOwnSplit) {
  ImportOptions options = csv("kind,x\nyes,1\nno,2\nyes,1\nno,3\n");
  options.header = true;
  options.label = "kind";
  write_file_atomically(place_.path() / "rows", "0\n3\n");
  options.rows_file = place_.path() / "rows";
  const ImportReport report = import_dataset(options);
  EXPECT_EQ(report.twins.repeated, 1u);  // row 2 repeats row 0,
  EXPECT_EQ(report.twins.leaked, 1u);    // which is hidden while row 2 is public
  EXPECT_EQ(open_dataset("mine", {{options.store}}).hidden_labels,
            (std::vector<std::int32_t>{1, 0}));
}

TEST_F(Import, TakesArrays) {
  ImportOptions options{.name = "mine", .store = place_.path() / "store"};
  options.inputs = place_.path() / "x.npy";
  options.labels = place_.path() / "y.npy";
  Tensor inputs{.dtype = DType::f32, .shape = {10, 2, 2}, .bytes = std::vector<std::byte>(160)};
  Tensor labels{.dtype = DType::i64, .shape = {10}, .bytes = std::vector<std::byte>(80)};
  for (std::size_t i = 0; i < 10; ++i) {
    inputs.bytes[16 * i] = static_cast<std::byte>(i);
    labels.bytes[8 * i] = static_cast<std::byte>(i % 2);
  }
  write_file_atomically(options.inputs, to_npy(inputs));
  write_file_atomically(options.labels, to_npy(labels));
  const ImportReport report = import_dataset(options);
  EXPECT_EQ(report.hidden_rows, 2u);  // a fifth of each class
  const auto [dataset, hidden_labels] = open_dataset("mine", {{options.store}});
  EXPECT_EQ(dataset.public_inputs.shape, (std::vector<std::size_t>{8, 2, 2}));
}

TEST_F(Import, NamesWhatItCannotTake) {
  const std::string file = (place_.path() / "mine.csv").string();
  const auto error = [this](const std::string& text, const std::string& label = {}) {
    ImportOptions options = csv(text);
    options.label = label;
    return where_of_error([&] { import_dataset(options); });
  };
  EXPECT_EQ(error("1,2,0\n1,2\n"), file + ": line 2: 2 fields, where 3 were expected");
  EXPECT_EQ(error("1,2,0\n1,2,0\n"), "all samples have the same label");
  EXPECT_EQ(error("1,2,0\n1,2,1\n", "kind"), file + ": there is no column 'kind' among 3");
  ImportOptions options = csv("1,0\n2,1\n");
  options.name = "../escape";
  EXPECT_EQ(where_of_error([&] { import_dataset(options); }), "the name '../escape'");
  EXPECT_FALSE(fs::exists(place_.path() / "store/mine"));
}

}  // namespace
}  // namespace joulebench

// Random changes of an export: each is refused, or changes nothing that is shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "core/error.h"
#include "core/file.h"
#include "leaderboard/board.h"
#include "leaderboard/board_json.h"
#include "leaderboard/exchange.h"
#include "support/synthetic_board.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using joulebench::support::kNow;
using joulebench::support::make_record;
using joulebench::support::SyntheticRun;
using nlohmann::json;

SyntheticRun small_run(const std::string& name) {
  return {.name = name, .joules_per_block = {10, 11}};
}

Score score_in(const RunRecord& record, const fs::path& folder) {
  const SyntheticRun run;
  return score_run(record, predictions_in(folder),
                   {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
}

class ExportMutation : public ::testing::Test {
 protected:
  ExportMutation() {
    Store store(folder_.path() / "board.db");
    const std::string text = R"({"format": "joulebench-competition/2", "id": "test",
      "tracks": [{"id": "digits", "dataset": "digits"}]})";
    store.put_competition(parse_competition(text, "test.json"), kNow);
    for (const char* name : {"tree", "forest"}) {
      const SyntheticRun run = small_run(name);
      RunRecord record = make_record(run);
      record.competition_sha256 = store.competition("test").digest;
      const fs::path folder = folder_.path() / "board.records" / name;
      support::write_record(folder, record, run);
      const auto id = store.put_run(record, folder, kNow);
      store.put_score(id, score_in(record, folder), "floors/1", "0.1.0", kNow);
      store.decide(id, Decision::disqualified, "cheated", kNow);
    }
    export_boards(store, "", out_);
    for (const auto& file : fs::recursive_directory_iterator(out_)) {
      if (file.is_regular_file()) files_[file.path()] = read_text_file(file.path());
    }
  }

  /// What is shown after ingesting the export as it is now; empty: it was refused.
  std::string shown_after_ingest() const {
    Store store(":memory:");
    const fs::path records = folder_.path() / "in";
    try {
      ingest_boards(
          out_, store, records,
          [](const Competition&, const Track&, const RunRecord& record, const fs::path& folder) {
            return score_in(record, folder);
          },
          kNow);
    } catch (const Error&) {
      EXPECT_TRUE(store.log().empty()) << "refused, and yet something was stored";
      EXPECT_FALSE(fs::exists(records));
      return {};
    }
    fs::remove_all(records);
    std::string shown;
    for (const std::string& id : store.competition_ids()) {
      for (const Track& track : store.competition(id).tracks) {
        json board = to_json(make_board(store, id, track.id));
        board.erase("history");
        shown += board.dump();
      }
    }
    return shown;
  }

  static void write(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }
  std::string mutated(const std::string& text);
  std::string mutated_json(const std::string& text);

  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }

  TemporaryFolder folder_{"mutation"};
  fs::path out_ = folder_.path() / "out";
  std::map<fs::path, std::string> files_;
  std::mt19937_64 random_;
};

/// Bytes changed, removed, repeated, added, or moved.
std::string ExportMutation::mutated(const std::string& text) {
  std::string result = text;
  const std::size_t at = below(result.size());
  const std::size_t length = std::min(result.size() - at, std::size_t{1} << below(8));
  switch (below(6)) {
    case 0:
      result[at] = static_cast<char>(result[at] ^ (1 << below(8)));
      break;
    case 1:
      result.erase(at, length);
      break;
    case 2:
      result.insert(at, result.substr(at, length));
      break;
    case 3:
      result.insert(at, 1, static_cast<char>(below(256)));
      break;
    case 4:
      result.resize(at);
      break;
    default:
      std::swap(result[at], result[below(result.size())]);
  }
  return result;
}

/// One value of a document replaced, removed or repeated.
std::string ExportMutation::mutated_json(const std::string& text) {
  json document = json::parse(text);
  std::vector<json*> places;
  const std::function<void(json&)> collect = [&](json& value) {
    if (!value.is_structured()) return;
    if (!value.empty()) places.push_back(&value);
    for (json& inner : value) collect(inner);
  };
  collect(document);
  json& parent = *places[below(places.size())];
  const json values[] = {nullptr, -1, 0, 1e308, "", "../../x", json::array(), json::object(), true};
  auto one = parent.begin();
  std::advance(one, static_cast<std::ptrdiff_t>(below(parent.size())));
  switch (below(3)) {
    case 0:
      *one = values[below(std::size(values))];
      break;
    case 1:
      parent.erase(one);
      break;
    default:
      if (parent.is_array()) {
        parent.push_back(*one);
      } else {
        parent["more"] = *one;
      }
  }
  return document.dump();
}

TEST_F(ExportMutation, IsRefusedOrChangesNothingThatIsShown) {
  const std::string whole = shown_after_ingest();
  ASSERT_THAT(whole, ::testing::HasSubstr("cheated"));
  const char* wanted = std::getenv("JOULEBENCH_MUTATIONS");
  const int count = wanted == nullptr ? 1000 : std::atoi(wanted);
  std::random_device device;
  const unsigned seed = device();
  random_.seed(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::vector<fs::path> names;
  for (const auto& [name, text] : files_) names.push_back(name);
  int refused = 0;
  for (int i = 0; i < count; ++i) {
    const fs::path& name = names[below(names.size())];
    const std::string& before = files_.at(name);
    const bool as_json = name.extension() == ".json" && below(2) == 0;
    const std::string after = as_json ? mutated_json(before) : mutated(before);
    write(name, after);
    const std::string shown = shown_after_ingest();
    if (shown.empty()) ++refused;
    EXPECT_TRUE(shown.empty() || shown == whole) << "mutation " << i << " of " << name << ":\n"
                                                 << after.substr(0, 20'000) << "\n"
                                                 << shown;
    write(name, before);
    if (HasFailure()) break;
  }
  EXPECT_EQ(shown_after_ingest(), whole);
  std::cout << count << " mutations, " << refused << " refused, the others changed nothing (seed "
            << seed << ")\n";
}

TEST_F(ExportMutation, OfAnyFileThatIsMissingIsRefused) {
  for (const auto& [name, text] : files_) {
    fs::remove(name);
    EXPECT_EQ(shown_after_ingest(), "") << name;
    write(name, text);
  }
  EXPECT_EQ(files_.size(), 1 + 2 * (1 + 2 * 2u));
}

}  // namespace
}  // namespace joulebench

// A published folder is altered in one place at a time: the check must find it and name it.
#include "leaderboard/publication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/gzip.h"
#include "leaderboard/board.h"
#include "support/ssh_key.h"
#include "support/synthetic_board.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using joulebench::support::add;
using joulebench::support::flat_trace;
using joulebench::support::good_run;
using joulebench::support::kNow;
using joulebench::support::make_record;
using joulebench::support::SshKey;
using joulebench::support::SyntheticRun;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Publication : public ::testing::Test {
 protected:
  /// The head and the pages that lie there.
  SignResult sign(const SshKey& key) const {
    return sign_site(site_, store_.head(), sha256_of_file(site_ / "SHA256SUMS"), key.file(), kNow);
  }
  Publication() {
    store_.put_competition(parse_competition(R"({"format": "joulebench-competition/2", "id": "test",
          "tracks": [{"id": "digits", "dataset": "digits"}]})",
                                             "test.json"),
                           kNow);
    put("tree");
    put("forest");
    write_file_atomically(allowed_, organizer_.allowed_as("organizer"));
  }
  void put(const std::string& name) {
    const SyntheticRun run = good_run(name, {10, 11, 12});
    add(store_, run, traced_record(run));
  }
  /// Each of its blocks has readings: flat_trace().
  static RunRecord traced_record(const SyntheticRun& run) {
    RunRecord record = make_record(run);
    for (BlockRecord& block : record.blocks) block.trace_sha256 = std::string(64, 'a');
    return record;
  }
  PageMaker pages() const {
    return [this](const SiteOutput& output) {
      const std::vector<Board> boards = {make_board(store_, "test", "digits")};
      make_site(boards, flat_trace, output);
    };
  }
  void publish_and_sign() {
    publish(pages(), store_.log(), site_);
    sign(organizer_);
  }
  SiteCheck check(const fs::path& folder) const {
    return check_site(folder, store_.log(), pages(), allowed_);
  }
  /// The problems of a copy that was edited.
  std::vector<std::string> problems_after(const std::function<void(const fs::path&)>& edit) const {
    const fs::path copy = folder_.path() / "copy";
    fs::remove_all(copy);
    fs::copy(site_, copy, fs::copy_options::recursive);
    edit(copy);
    return check(copy).problems;
  }
  static void replace(const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = read_text_file(file);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, text.npos) << from;
    write_file_atomically(file, text.replace(at, from.size(), to));
  }

  TemporaryFolder folder_{"publication"};
  fs::path site_ = folder_.path() / "public";
  fs::path allowed_ = folder_.path() / "allowed";
  SshKey organizer_{folder_.path() / "organizer"};
  Store store_{":memory:"};
};

TEST_F(Publication, WhatIsPutThereAfterTheCheckIsNotSigned) {
  publish(pages(), store_.log(), site_);
  const std::string checked = check(site_).pages_sha256;
  EXPECT_EQ(checked, sha256_of_file(site_ / "SHA256SUMS"));
  write_file_atomically(site_ / "SHA256SUMS", "");
  const SignResult signature = sign_site(site_, store_.head(), checked, organizer_.file(), kNow);
  EXPECT_EQ(signature.head.pages_sha256, checked);
  EXPECT_FALSE(check(site_).problems.empty());
}

TEST_F(Publication, ThatIsSignedBelongsToItsHistory) {
  publish(pages(), store_.log(), site_);
  EXPECT_THAT(check(site_).problems, ElementsAre("the pages are not signed"));
  const SignResult first = sign(organizer_);
  EXPECT_TRUE(first.is_new);
  EXPECT_FALSE(sign(organizer_).is_new) << "once is enough";
  const SiteCheck now = check(site_);
  EXPECT_THAT(now.problems, IsEmpty());
  EXPECT_TRUE(now.is_newest);
  EXPECT_THAT(
      now.notes,
      ElementsAre("event 5 and its pages were signed by organizer with the key " + first.key));
  // The history goes on; what was published stays true, and the next publication follows it.
  put("shrub");
  const SiteCheck later = check(site_);
  EXPECT_THAT(later.problems, IsEmpty());
  EXPECT_FALSE(later.is_newest);
  EXPECT_THAT(later.notes, Contains(HasSubstr("the pages are of event 5 of 7")));
  publish(pages(), store_.log(), site_);
  EXPECT_THAT(check(site_).problems,
              ElementsAre("the pages are not signed: the last signature is of event 5 and other "
                          "pages"));
  EXPECT_EQ(sign(organizer_).heads, 2u);
  EXPECT_THAT(check(site_).problems, IsEmpty());
}

TEST_F(Publication, WritesAgainOnlyWhatChangedOrWasAltered) {
  publish(pages(), store_.log(), site_);
  const auto time_of = [&](const char* path) { return fs::last_write_time(site_ / path); };
  const fs::file_time_type long_ago = time_of("index.html") - std::chrono::hours(1);
  for (const char* path : {"index.html", "how.html", "style.css"}) {
    fs::last_write_time(site_ / path, long_ago);
  }
  const std::string whole = read_text_file(site_ / "how.html");
  publish(pages(), store_.log(), site_);  // their times are not those that were left
  EXPECT_NE(time_of("index.html"), long_ago);
  const auto left = time_of("entries/reference/forest.html");
  write_file_atomically(site_ / "how.html", std::string(whole.size(), 'x'));
  publish(pages(), store_.log(), site_);
  EXPECT_EQ(read_text_file(site_ / "how.html"), whole);
  for (int i = 0; i < 20; ++i) {  // in the same inode and, mostly, the same tick of the clock
    std::fstream(site_ / "how.html") << 'x';
    publish(pages(), store_.log(), site_);
    ASSERT_EQ(read_text_file(site_ / "how.html"), whole);
  }
  EXPECT_EQ(time_of("entries/reference/forest.html"), left);
  fs::remove(site_ / "entries/reference/forest.csv");
  publish(pages(), store_.log(), site_);
  EXPECT_TRUE(fs::exists(site_ / "entries/reference/forest.csv"));
  EXPECT_THAT(check_site(site_, store_.log(), pages(), {}).problems, IsEmpty());
}

/// The files of a folder, by path, but for what it remembers of them.
std::map<std::string, std::string> texts_in(const fs::path& folder) {
  std::map<std::string, std::string> texts;
  for (const auto& one : fs::recursive_directory_iterator(folder)) {
    if (!one.is_regular_file() || one.path().filename().string().starts_with('.')) continue;
    texts[one.path().lexically_relative(folder).string()] = read_text_file(one.path());
  }
  return texts;
}

TEST_F(Publication, HasReadingsAsGzipAndFindsOnesThatWereAdded) {
  publish_and_sign();
  const std::string packed = read_text_file(site_ / "entries/reference/forest.block-1.csv.gz");
  std::string csv;
  EXPECT_FALSE(unpack_gzip(packed, 1 << 20, GzipMembers::ours,
                           [&](std::string_view piece) { csv += piece; }));
  EXPECT_EQ(csv, to_csv(flat_trace({}, {})->trace));
  write_file_atomically(site_ / "entries/reference/forest.block-9.csv.gz", packed);
  EXPECT_THAT(check(site_).problems, ElementsAre(HasSubstr("forest.block-9.csv.gz")));
}

TEST_F(Publication, OfNewRanksReadsNoReadingsOfOtherEntriesAgain) {
  std::atomic<int> reads = 0;
  const auto write_to = [&](const fs::path& folder) {
    reads = 0;
    const std::vector<Board> boards = {make_board(store_, "test", "digits")};
    publish(
        [&](const SiteOutput& output) {
          make_site(
              boards,
              [&](const StoredRun& run, const BlockRecord& block) {
                ++reads;
                return flat_trace(run, block);
              },
              output);
        },
        store_.log(), folder);
  };
  const SyntheticRun third = good_run("pruned", {20, 21, 22});
  add(store_, third, traced_record(third));
  write_to(site_);
  const int reads_of_all = reads;
  EXPECT_GT(reads_of_all, 0);
  write_to(site_);
  EXPECT_EQ(reads, 0);
  store_.decide(1, Decision::disqualified, "it looked up labels", kNow);
  write_to(site_);
  EXPECT_EQ(reads * 3, reads_of_all) << "the entry of the decision alone";
  const fs::path fresh = folder_.path() / "fresh";
  write_to(fresh);
  EXPECT_EQ(texts_in(site_), texts_in(fresh));
  EXPECT_THAT(check_site(site_, store_.log(), pages(), {}).problems, IsEmpty());
  store_.decide(1, Decision::restored, "it did not", kNow);
  std::ofstream(site_ / "entries/reference/forest.html", std::ios::app) << "<!--details-->forged";
  write_to(site_);
  EXPECT_EQ(reads * 3, 2 * reads_of_all) << "a page that was altered is no source of details";
  EXPECT_THAT(check_site(site_, store_.log(), pages(), {}).problems, IsEmpty());
}

TEST_F(Publication, IsFoundAlteredInEachFile) {
  publish_and_sign();
  int files = 0;
  for (const auto& file : fs::recursive_directory_iterator(site_)) {
    if (!file.is_regular_file() || file.path().filename() == ".joulebench-pages") continue;
    const fs::path path = file.path().lexically_relative(site_);
    EXPECT_THAT(problems_after([&](const fs::path& copy) {
                  write_file_atomically(copy / path, read_text_file(copy / path) + " ");
                }),
                ::testing::Not(IsEmpty()))
        << path;
    EXPECT_THAT(problems_after([&](const fs::path& copy) { fs::remove(copy / path); }),
                ::testing::Not(IsEmpty()))
        << path;
    ++files;
  }
  EXPECT_EQ(files, 2 * (5 + 3) + 3 * 2 + 17);
  EXPECT_THAT(problems_after(
                  [](const fs::path& copy) { replace(copy / "index.html", "forest", "winner"); }),
              ElementsAre("index.html was altered"));
}

TEST_F(Publication, NamesWhatDoesNotBelong) {
  publish_and_sign();
  EXPECT_THAT(problems_after([](const fs::path& copy) {
                write_file_atomically(copy / "more.html", "<p>new");
                fs::create_directories(copy / ".git");
                write_file_atomically(copy / ".git" / "x.html", "");
                write_file_atomically(copy / "CNAME", "example.org");
              }),
              ElementsAre("more.html is not a page of this board"));
  EXPECT_THAT(problems_after([](const fs::path& copy) {
                fs::remove(copy / "style.css");
                fs::create_symlink("/etc/passwd", copy / "style.css");
              }),
              Contains("style.css is missing"));
  // A list of digests that points elsewhere is no list.
  EXPECT_THAT(problems_after([](const fs::path& copy) {
                replace(copy / "SHA256SUMS", "  style.css", "  ../style.css");
              }),
              ElementsAre("SHA256SUMS is missing, or is no list of digests"));
  // Altered with its digest: the signature is of another list, the database makes another page.
  const auto page = problems_after([](const fs::path& copy) {
    const std::string before = sha256_of_file(copy / "index.html");
    replace(copy / "index.html", "forest", "winner");
    replace(copy / "SHA256SUMS", before, sha256_of_file(copy / "index.html"));
  });
  EXPECT_THAT(page, Contains(HasSubstr("the last signature is of event 5 and other pages")));
  EXPECT_THAT(page, Contains("index.html is not what this database makes with this joulebench"));
  EXPECT_THAT(problems_after([](const fs::path& copy) {
                replace(copy / "log.jsonl", "\"number\":2", "\"number\":3");
              }),
              Contains("log.jsonl: line 2 is not event 2 of the history"));
}

TEST_F(Publication, NamesSignaturesThatAreNotGood) {
  publish_and_sign();
  const std::string not_allowed = "heads.jsonl: line 1: ";
  EXPECT_THAT(problems_after([](const fs::path& copy) {
                replace(copy / "heads.jsonl", "\"number\":5", "\"number\":4");
              }),
              Contains(HasSubstr("the signature is not of this text")));
  const SshKey other(folder_.path() / "other");
  sign(other);
  EXPECT_THAT(
      check(site_).problems,
      ElementsAre(HasSubstr("heads.jsonl: line 2: nobody is allowed to sign with the key")));
  EXPECT_THAT(check_site(site_, store_.log(), pages(), {}).problems, IsEmpty())
      << "nobody asked who may";
}

TEST_F(Publication, OfAHistoryThatWasMadeAnewIsFoundByItsHeads) {
  publish_and_sign();
  // All of it again with another score, hashed anew: whole by itself.
  Store forged(":memory:");
  forged.put_competition(store_.competition("test"), kNow);
  for (const char* name : {"tree", "forest"}) {
    const SyntheticRun run = good_run(name, {1, 1, 1});
    add(forged, run, make_record(run));
  }
  EXPECT_THAT(forged.verify(), IsEmpty());
  const SiteCheck check = check_site(site_, forged.log(), pages(), allowed_);
  EXPECT_THAT(check.problems, Contains("log.jsonl: line 2 is not event 2 of the history"));
  EXPECT_THAT(check.problems, Contains(HasSubstr("heads.jsonl: line 1: event 5 is ")));
  try {
    publish(pages(), forged.log(), site_);
    FAIL() << "published over another history";
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().what, "this folder publishes another history");
  }
  EXPECT_THAT(this->check(site_).problems, IsEmpty()) << "nothing was written";
}

TEST_F(Publication, RemovesItsOwnFormerPagesAndNoOthers) {
  publish(pages(), store_.log(), site_);
  const auto page_of = [&](const std::string& name) {
    return site_ / "entries" / "reference" / (name + ".html");
  };
  EXPECT_TRUE(fs::exists(page_of("tree")));
  write_file_atomically(site_ / "notes.txt", "mine");
  Store other(":memory:");
  other.put_competition(store_.competition("test"), kNow);
  const SyntheticRun run = good_run("shrub", {1, 1, 1});
  add(other, run, make_record(run));
  write_file_atomically(page_of("forest"), "edited by hand");
  publish(
      [&](const SiteOutput& output) {
        const std::vector<Board> boards = {make_board(other, "test", "digits")};
        make_site(boards, flat_trace, output);
      },
      other.log(), site_);
  EXPECT_FALSE(fs::exists(page_of("tree")));
  EXPECT_TRUE(fs::exists(page_of("shrub")));
  EXPECT_TRUE(fs::exists(page_of("forest"))) << "it is not as it was written";
  EXPECT_TRUE(fs::exists(site_ / "notes.txt"));
}

TEST_F(Publication, OfAPartHasNoLogAndSpoilsNoWholeOne) {
  EXPECT_GE(publish_part(pages(), folder_.path() / "part"), 10u);
  EXPECT_FALSE(fs::exists(folder_.path() / "part" / "log.jsonl"));
  publish_and_sign();
  EXPECT_THROW(publish_part(pages(), site_), Error);
  EXPECT_THAT(check(site_).problems, IsEmpty());
}

}  // namespace
}  // namespace joulebench

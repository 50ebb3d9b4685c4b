#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/calendar.h"
#include "leaderboard/board.h"
#include "leaderboard/store.h"

namespace joulebench {

/// What the commands below `board` can be told.
struct BoardOptions {
  std::filesystem::path database;
  std::string competition;  // empty: every one that the database holds
  std::string track;        // empty: every one of the competition
  std::string format = "text";
  std::filesystem::path folder;
  std::string entry;  // name or beginning of the id
  std::string other;
  std::string reason;
  std::string team;                       // empty: any
  bool all = false;                       // a decision may be about several entries
  bool scores = false;                    // verify computes them again
  std::string expected_head;              // verify asks for it; empty: any
  std::filesystem::path site;             // verify checks these pages; empty: none
  std::filesystem::path theme;            // files in place of ours
  std::string language = "en";            // of the pages
  std::string base_url;                   // where they will stand; empty: not known
  bool watches = false;                   // the pages are written again when something changed
  double period_s = 5;                    // between two looks
  std::filesystem::path key;              // that signs
  std::filesystem::path allowed_signers;  // OpenSSH's list of keys; empty: none is asked for
  std::filesystem::path datasets;         // looked in first
  bool for_public = false;                // only what is public by the dates of the competition
  bool for_organizer = false;             // of commands that write for the public: all all the same
  std::string at;                         // what is public then; empty: now

  bool as_json() const { return format == "json"; }
};

/// The moment that `at` names. Errors: Error when it is no time.
Instant moment_of_publication(const BoardOptions& options);

/// Every board that the options name, as the public sees it where it is for the public. Errors:
/// Error when there is none.
std::vector<Board> boards_of(const Store& store, const BoardOptions& options);

}  // namespace joulebench

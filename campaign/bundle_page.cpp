#include "campaign/bundle_page.h"

#include <fmt/format.h>

#include "core/text.h"
#include "core/version.h"

namespace joulebench {
namespace {

// Names and texts stay text in Markdown.
std::string plain(const std::string& text) {
  std::string escaped;
  for (const char c : printable(text, 10'000)) {
    if (c == '<' || c == '>' || c == '&' || c == '`' || c == '|' || c == '*' || c == '_' ||
        c == '[' || c == ']' || c == '\\') {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

std::string table(const std::vector<CompetitionWords::Line>& lines) {
  std::string text = "| | |\n| --- | --- |\n";
  for (const auto& [name, value] : lines) {
    text += "| " + plain(name) + " | " + plain(value) + " |\n";
  }
  return text;
}

constexpr const char* kCommands = R"(
## Take part
In this folder, with joulebench installed:

    joulebench submission init my-entry      # a working entry to start from, in Python
    joulebench submission check my-entry     # tries every step of the protocol
    joulebench run my-entry --baseline       # accuracy and energy beside the baseline's; add --meters model without counters

Both take `competition.json` from here. )";

constexpr const char* kPack =
    "`joulebench submission pack my-entry` makes the archive to hand in.\n";
constexpr const char* kPackForTeam =
    R"(The organizer knows your team by its key: write the team's name into
`submission.json` ("team"), and `joulebench submission pack my-entry --sign ~/.ssh/id_ed25519` makes the archive and its
signature to hand in, both. A receipt says whether it was taken, and if not, why.
)";

constexpr const char* kPractice = R"(
## How practice differs
Scores of this folder are made on public samples. A part of them is kept from build steps and trainings, and is what
entries are asked for; the competition asks for hidden samples, which are not here. The practice samples lie open in
`inputs.npy`: an entry that learned from them scores better here than it will in the competition. Energy is that of your
machine, and compares with the baseline on your machine alone.
)";

std::string data_words(const std::vector<BundledDataset>& datasets) {
  std::string text = "\n## Data\n";
  for (const BundledDataset& one : datasets) {
    text += fmt::format(
        "`datasets/{0}`: {1}. {2} public samples: {3} to learn from and {4} to practise on "
        "(`practice_rows.txt`).{5}\n`inputs.npy` and `labels.npy` hold all of them; `joulebench "
        "dataset export {0} FOLDER` writes those to learn from.\nLicence: {6}. "
        "Cite: {7}.{8}\n\n",
        one.name, plain(one.title), one.learned_from + one.asked_for, one.learned_from,
        one.asked_for,
        one.hidden_samples == 0
            ? ""
            : fmt::format(" The competition asks for {} hidden ones.", one.hidden_samples),
        plain(one.licence), plain(one.citation),
        one.home_page.empty() ? "" : " Home page: " + plain(one.home_page));
  }
  return text;
}

constexpr const char* kFiles = R"(## What is here
| | |
| --- | --- |
| `competition.json` | the rules as the program reads them |
| `datasets/` | the public data |
| `baselines/` | entries that take part, to compare with and to copy |
| `schema/` | JSON Schemas of the files above and of `submission.json`, for editors |
| `SHA256SUMS` | `sha256sum -c SHA256SUMS` checks this folder |
)";

}  // namespace

std::string bundle_page(const CompetitionWords& words,
                        const std::vector<BundledDataset>& datasets) {
  std::string text = "# " + plain(words.title) + "\n";
  if (!words.description.empty()) text += plain(words.description) + "\n";
  text += kCommands;
  text += words.has_teams ? kPackForTeam : kPack;
  text += kPractice;
  for (const CompetitionWords::OfTrack& track : words.tracks) {
    text +=
        "\n## Track " + track.id + (track.title.empty() ? "" : ": " + plain(track.title)) + "\n";
    text += table(track.rules);
    for (const std::string& line : track.calendar) text += "\n- " + plain(line);
    text += "\n\nLimits, the same for every entry:\n\n" + table(track.limits);
  }
  text +=
      "\n## Environments\nWhat an entry runs in; `runs_in` of its `submission.json` chooses.\n\n";
  text += table(words.environments);
  text += data_words(datasets) + kFiles;
  return text + "\nMade by joulebench " + kVersion + ".\n";
}

}  // namespace joulebench

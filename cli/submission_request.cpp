#include "cli/submission_request.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/json_output.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "submissions/request.h"
#include "submissions/signed_entry.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct RequestOptions {
  Request request;
  fs::path key;
  fs::path output;
  std::string format = "text";
};

/// "tiny-tree.withdraw.request.json", with what a file name cannot hold left out.
fs::path default_output(const Request& request) {
  std::string name;
  for (const char c : request.entry) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '-';
  }
  return name + "." + request.action + ".request.json";
}

void write_request(RequestOptions options) {
  options.request.at_utc = SystemClock().now_utc();
  const fs::path file = options.output.empty() ? default_output(options.request) : options.output;
  if (!has_request_name(file)) {
    throw Error({.what = "intake would not know this file",
                 .where = file.string(),
                 .hint = "end its name in .request.json"});
  }
  write_file_atomically(file, to_json_text(options.request));
  const fs::path signature = sign_request(file, options.request.team, options.key);
  if (options.format == "json") {
    print_json(nlohmann::json{{"format", "joulebench-submission-request/1"},
                              {"request", file.string()},
                              {"signature", signature.string()},
                              {"action", options.request.action},
                              {"team", options.request.team}});
    return;
  }
  std::cout << fmt::format("{}\n{}  signed for team {}; upload both\n", file.string(),
                           signature.string(), options.request.team);
}

void add_request(CLI::App& submission, const char* action, const char* description) {
  auto options = std::make_shared<RequestOptions>();
  options->request.action = action;
  const bool is_selection = options->request.action == "select";
  CLI::App* command = submission.add_subcommand(action, description);
  command->add_option("entry", options->request.entry, "Name of the entry")->required();
  command->add_option("--competition", options->request.competition, "The competition's id")
      ->required();
  command->add_option("--team", options->request.team, "Your team, as the organizer has it")
      ->required();
  command
      ->add_option("--id", options->request.id,
                   is_selection ? "First digits of the version's id, as on its receipt"
                                : "Only the version whose id begins so (default: every version)")
      ->required(is_selection)
      ->check(CLI::Validator(
          [](const std::string& text) {
            const bool good = text.size() >= 6 && text.size() <= 64 &&
                              text.find_first_not_of("0123456789abcdef") == text.npos;
            return good ? std::string() : "an id is 6 to 64 digits of 0-9 and a-f";
          },
          "ID"));
  command
      ->add_option("--sign", options->key,
                   "Private key of OpenSSH, or a public one that ssh-agent holds")
      ->required();
  command->add_option("--output", options->output,
                      "File to write, NAME.request.json (default: ENTRY.ACTION.request.json)");
  command->add_option("--format", options->format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer("Writes a request and its signature; upload both to where the archives go.");
  command->callback([options] { write_request(*options); });
}

}  // namespace

void add_requests(CLI::App& submission) {
  add_request(submission, "withdraw",
              "Write a signed request: take an entry of your team out of the ranks");
  add_request(submission, "select",
              "Write a signed request: which version of an entry shall be ranked");
}

}  // namespace joulebench

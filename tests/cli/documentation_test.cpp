#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;
using testing::Not;

class Documentation : public SmallWorld {
 protected:
  static bool has(const std::string& program) {
    return std::filesystem::exists("/usr/bin/" + program);
  }

  /// What a shell prints that has read the completion script.
  ProgramEnd completed(const std::string& shell, const std::string& script) const {
    const std::string file = folder() / ("completion." + shell);
    std::ofstream(file) << joulebench({"completion", shell}).out;
    const std::string plain = shell == "bash" ? "--norc" : shell == "zsh" ? "-f" : "-N";
    return run_program({"/usr/bin/" + shell, plain, "-c", script, file, file});
  }

  std::string in_bash(const std::string& words) const {
    const ProgramEnd end = completed("bash", "source \"$1\"; COMP_WORDS=(" + words +
                                                 "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                                                 "_joulebench; echo \"${COMPREPLY[*]}\"");
    EXPECT_EQ(end.err, "") << words;
    return end.out;
  }
};

TEST_F(Documentation, CommandsForTheBuildAreHidden) {
  const std::string help = joulebench({"--help"}).out;
  EXPECT_THAT(help, Not(HasSubstr("completion")));
  EXPECT_THAT(help, Not(HasSubstr("manual page")));
}

TEST_F(Documentation, ManualPageNamesEveryCommandAndOption) {
  const ProgramEnd page = joulebench({"man"});
  EXPECT_EQ(page.status, 0) << page.err;
  EXPECT_THAT(page.out, testing::StartsWith(".TH JOULEBENCH 1 "));
  for (const char* text :
       {".SS \"joulebench board show\"\n", ".SS \"joulebench measure\"\n",
        "\\fBjoulebench board compare\\fR [\\fIoptions\\fR] \\fI", "\\fB\\-\\-meters\\fR",
        "\\fB\\-\\-format\\fR text|json\nHow to print the result (default: text)\n",
        "\\fB\\-\\-datasets\\fR \\fIDIR\\fR\n", ".SH EXIT STATUS\n"}) {
    EXPECT_THAT(page.out, HasSubstr(text));
  }
}

TEST_F(Documentation, ManualPageIsSetWithoutWarnings) {
  if (!has("groff")) GTEST_SKIP() << "needs groff";
  const std::string file = folder() / "joulebench.1";
  std::ofstream(file) << joulebench({"man"}).out;
  const ProgramEnd set = run_program({"/usr/bin/groff", "-man", "-ww", "-Tutf8", "-P-cbou", file});
  EXPECT_EQ(set.status, 0);
  EXPECT_EQ(set.err, "");
  EXPECT_THAT(set.out, HasSubstr("joulebench evaluate [options] competition [entries ...]"));
}

TEST_F(Documentation, BashCompletesCommandsOptionsAndChoices) {
  EXPECT_EQ(in_bash("joulebench bo"), "board\n");
  EXPECT_EQ(in_bash("joulebench board com"), "compare\n");
  EXPECT_EQ(in_bash("joulebench submission ''"), "init check pack withdraw select\n");
  EXPECT_EQ(in_bash("joulebench run --compe"), "--competition\n");
  EXPECT_EQ(in_bash("joulebench evaluate x.json --format ''"), "text json\n");
  EXPECT_EQ(in_bash("joulebench evaluate " + folder().string() + "/completion.ba"),
            folder().string() + "/completion.bash\n");
}

TEST_F(Documentation, ZshCompletesCommandsOptionsAndChoices) {
  if (!has("zsh")) GTEST_SKIP() << "needs zsh";
  const auto in_zsh = [&](const std::string& words) {
    const ProgramEnd end = completed("zsh",
                                     "_describe() { print -l -- ${(P)2} }; compadd() { print -l -- "
                                     "$@ }; _files() { print files }\n"
                                     "words=(" +
                                         words + "); CURRENT=$#words; source $1");
    EXPECT_EQ(end.err, "") << words;
    return end.out;
  };
  EXPECT_THAT(in_zsh("joulebench ''"), HasSubstr("board:Show, publish"));
  EXPECT_THAT(in_zsh("joulebench submission ''"), HasSubstr("pack:Pack an entry"));
  EXPECT_THAT(in_zsh("joulebench evaluate --d"), HasSubstr("--dry-run:Print the plan"));
  EXPECT_EQ(in_zsh("joulebench evaluate x.json --format ''"), "text\njson\n");
  EXPECT_EQ(in_zsh("joulebench evaluate ''"), "files\n");
}

TEST_F(Documentation, FishCompletesCommandsOptionsAndChoices) {
  if (!has("fish")) GTEST_SKIP() << "needs fish";
  const auto in_fish = [&](const std::string& line) {
    const ProgramEnd end = completed("fish", "source $argv[1]; complete -C '" + line + "'");
    EXPECT_EQ(end.err, "") << line;
    return end.out;
  };
  EXPECT_THAT(in_fish("joulebench bo"), testing::StartsWith("board\tShow, publish"));
  EXPECT_THAT(in_fish("joulebench submission "), HasSubstr("pack\tPack an entry"));
  EXPECT_THAT(in_fish("joulebench evaluate --dry"), HasSubstr("--dry-run\tPrint the plan"));
  EXPECT_THAT(in_fish("joulebench evaluate x.json --format "), HasSubstr("json"));
}

}  // namespace
}  // namespace joulebench

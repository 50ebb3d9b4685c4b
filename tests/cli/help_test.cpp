#include <gmock/gmock.h>

#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

class Help : public SmallWorld {};

TEST_F(Help, NamesEveryCommandAndEachExplainsItself) {
  const ProgramEnd end = joulebench({"--help"});
  EXPECT_EQ(end.status, 0);
  for (const char* command :
       {"doctor", "measure", "run", "evaluate", "board", "dataset", "submission"}) {
    EXPECT_THAT(end.out, testing::HasSubstr(std::string("\n  ") + command + " ")) << command;
    const ProgramEnd own = joulebench({command, "--help"});
    EXPECT_EQ(own.status, 0) << command;
    EXPECT_GT(own.out.size(), 200U) << command;
  }
}

TEST_F(Help, WrongUsageIsStatusTwoWithAHint) {
  const ProgramEnd end = joulebench({"run"});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::HasSubstr("entry is required"));
  EXPECT_EQ(joulebench({}).status, 2);
}

TEST_F(Help, VersionAndHelpHaveTheirUsualNames) {
  EXPECT_THAT(joulebench({"-V"}).out, testing::StartsWith("joulebench "));
  EXPECT_EQ(joulebench({"help"}).out, joulebench({"--help"}).out);
  EXPECT_EQ(joulebench({"help", "board", "show"}).out, joulebench({"board", "show", "--help"}).out);
}

TEST_F(Help, MistypedCommandsAndOptionsComeWithTheNearest) {
  const auto err = [this](const std::vector<std::string>& words) {
    const ProgramEnd end = joulebench(words);
    EXPECT_EQ(end.status, 2) << words.back();
    return end.err;
  };
  EXPECT_EQ(err({"evalute"}),
            "joulebench: there is no command 'evalute'\n  did you mean 'evaluate'?\n"
            "  joulebench --help lists the commands\n");
  EXPECT_EQ(err({"board", "shwo"}),
            "joulebench: there is no command 'shwo'\n  did you mean 'show'?\n"
            "  joulebench board --help lists the commands\n");
  EXPECT_EQ(err({"run", "x", "--competion", "c.json"}),
            "joulebench: there is no option '--competion'\n  did you mean '--competition'?\n"
            "  joulebench run --help lists the options\n");
  EXPECT_EQ(err({"help", "bord"}),
            "joulebench: there is no command 'bord'\n  did you mean 'board'?\n"
            "  joulebench --help lists the commands\n");
}

TEST_F(Help, MistypedArgumentsComeWithTheNearest) {
  const std::string entry = honest_entry("my-entry");
  const auto err = [this](const std::vector<std::string>& words) {
    const ProgramEnd end = joulebench(words);
    EXPECT_EQ(end.status, 2) << words.back();
    return end.err;
  };
  EXPECT_EQ(err({"run", folder() / "my-entri"}),
            "joulebench: entry: Path does not exist: " + (folder() / "my-entri").string() +
                "\n  did you mean '" + entry + "'?\n  joulebench run --help says more\n");
  EXPECT_EQ(err({"run", entry, "--format", "jsn"}),
            "joulebench: --format: jsn not in {text,json}\n  did you mean 'json'?\n"
            "  joulebench run --help says more\n");
  EXPECT_THAT(err({"run", entry, "--competition", competition(), "--track", "digit"}),
              testing::HasSubstr("did you mean 'digits'?"));
  EXPECT_THAT(err({"run", entry, "--competition", competition(), "--environment", "hots",
                   "--meters", "model"}),
              testing::HasSubstr("hots"));
  EXPECT_THAT(err({"dataset", "verify", "digts"}), testing::HasSubstr("did you mean 'digits'?"));
}

TEST_F(Help, IsSilentWhenItsReaderHasEnough) {
  const ProgramEnd end = run_program({"/bin/bash", "-c",
                                      "for i in 1 2 3 4 5; do " + std::string(JOULEBENCH_PROGRAM) +
                                          " man | true; done; " + std::string(JOULEBENCH_PROGRAM) +
                                          " man | head -n 1"});
  EXPECT_EQ(end.err, "");
}

}  // namespace
}  // namespace joulebench

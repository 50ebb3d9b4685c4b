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

}  // namespace
}  // namespace joulebench

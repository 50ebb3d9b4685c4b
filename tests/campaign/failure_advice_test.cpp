#include "campaign/failure_advice.h"

#include <gmock/gmock.h>

#include "core/file.h"

namespace joulebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Track digits() {
  Track track;
  track.id = "digits";
  return track;
}

std::vector<std::string> advice(Outcome outcome, const std::string& message,
                                const std::string& log = {},
                                const std::filesystem::path& folder = {}) {
  return advice_on({.outcome = outcome, .message = message, .log_tail = log, .folder = folder},
                   digits());
}

TEST(FailureAdvice, PythonsLastExceptionComesFirst) {
  EXPECT_THAT(advice(Outcome::crash, "",
                     "Traceback (most recent call last):\n  File \"a.py\", line 1\n    f()\n"
                     "KeyError: 'x'\n\nDuring handling of the above exception:\n\n"
                     "Traceback (most recent call last):\n  File \"a.py\", line 2\n"
                     "ModuleNotFoundError: No module named 'torchx.nn'\n"),
              ElementsAre("it raised ModuleNotFoundError: No module named 'torchx.nn'",
                          HasSubstr("Python has no module 'torchx' where the entry runs: pip "
                                    "install --target lib torchx")));
}

TEST(FailureAdvice, KnowsWhyAProgramCannotBeStarted) {
  const TemporaryFolder folder("entry");
  write_file_atomically(folder.path() / "run.sh", "#!/usr/bin/ruby9 -w\n");
  write_file_atomically(folder.path() / "predict", "\x7f");
  const auto on = [&](const std::string& log) {
    return advice(Outcome::crash, "", log, folder.path());
  };
  EXPECT_THAT(on("bwrap: execvp ./run.sh: Permission denied\n"),
              ElementsAre("'./run.sh' may not be executed: chmod +x ./run.sh, or name what runs "
                          "it, as in \"command\": [\"sh\", \"./run.sh\"]"));
  EXPECT_THAT(on("bwrap: execvp ./run.sh: No such file or directory\n"),
              ElementsAre("the first line of './run.sh' names '/usr/bin/ruby9', which is not there "
                          "where the entry runs"));
  EXPECT_THAT(on("bwrap: execvp ./predict: No such file or directory\n"),
              ElementsAre(HasSubstr("needs a loader or library")));
  EXPECT_THAT(on("bwrap: execvp ./gone: No such file or directory\n"),
              ElementsAre(HasSubstr("the entry has no file './gone'")));
  EXPECT_THAT(on("bwrap: execvp julia: No such file or directory\n"),
              ElementsAre(HasSubstr("there is no program 'julia' where the entry runs")));
}

TEST(FailureAdvice, NamesTheLimitThatWasMet) {
  EXPECT_THAT(
      advice(Outcome::timeout, "no {\"event\":\"ready\"} within 3 s"),
      ElementsAre("the limit is 60 s: 'limits.load_s' of track 'digits' in competition.json"));
  EXPECT_THAT(advice(Outcome::timeout, "it ran longer than the limit of 3600 s"),
              ElementsAre("the limit is 3600 s: 'limits.wall_s' of track 'digits' in "
                          "competition.json"));
  EXPECT_THAT(advice(Outcome::memory, "it needed more than 4096 MB"),
              ElementsAre(HasSubstr("the limit is 4096 MB: 'limits.memory_mb'")));
  EXPECT_THAT(advice(Outcome::output, "it wrote more than 64 MB"),
              ElementsAre(HasSubstr("the limit is 64 MB: 'limits.output_mb'")));
  EXPECT_THAT(advice(Outcome::cpu, "it used 8000 s of CPU time"),
              ElementsAre(HasSubstr("7200 s of CPU time: 'limits.wall_s' times 'limits.cpus'")));
}

TEST(FailureAdvice, SaysThatALogWasCutAndWhichLimitThatIs) {
  EXPECT_THAT(advice(Outcome::crash, "", "[joulebench: 6 bytes of this log were left out here]\n"),
              ElementsAre("the log was cut: the limit is 256 kB: 'limits.log_kb' of track 'digits' "
                          "in competition.json"));
}

TEST(FailureAdvice, KnowsAToolThatIsNotThere) {
  for (const char* log :
       {"sh: 1: g++: not found\n", "build.sh: line 3: g++: command not found\n",
        "make: g++: No such file or directory\nmake: *** [Makefile:2: predict] Error 127\n",
        "  File \"/usr/lib/python3.11/subprocess.py\", line 1955, in _execute_child\n"
        "FileNotFoundError: [Errno 2] No such file or directory: 'g++'\n",
        "/usr/bin/env: \xe2\x80\x98g++\xe2\x80\x99: No such file or directory\n"}) {
    EXPECT_THAT(advice(Outcome::build, "", log),
                ElementsAre(HasSubstr("there is no program 'g++' where the entry runs")))
        << log;
  }
  EXPECT_THAT(advice(Outcome::crash, "",
                     "FileNotFoundError: [Errno 2] No such file or directory: "
                     "'weights.npz'\n"),
              ElementsAre());
}

TEST(FailureAdvice, KnowsTheNetworkAndReadOnlyFolders) {
  EXPECT_THAT(advice(Outcome::crash, "", "curl: (6) Could not resolve host: example.com\n"),
              ElementsAre(HasSubstr("there is no network inside")));
  EXPECT_THAT(advice(Outcome::crash, "", "sh: 1: cannot create x: Read-only file system\n"),
              ElementsAre(HasSubstr("write to /tmp or /dev/shm")));
}

TEST(FailureAdvice, SaysNothingOfWhatItDoesNotKnow) {
  EXPECT_THAT(advice(Outcome::valid, ""), ElementsAre());
  EXPECT_THAT(advice(Outcome::infrastructure, "", "Read-only file system"), ElementsAre());
  EXPECT_THAT(advice(Outcome::crash, "", "Segmentation fault"), ElementsAre());
}

}  // namespace
}  // namespace joulebench

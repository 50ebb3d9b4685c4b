#include "tests/cli/small_world.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCompetition = R"({
  "format": "joulebench-competition/2", "id": "small",
  "tracks": [{"id": "digits", "dataset": "digits",
    "protocol": {"blocks": 2, "min_block_s": 0.05, "idle_s": 0, "tail_s": 0.1},
    "limits": {"load_s": 20, "request_s": 20, "wall_s": 60, "memory_mb": 200, "processes": 16}}]
}
)";

constexpr const char* kPrelude = R"(import json, sys, time
def say(line):
    print(line, flush=True)
def ready():
    say('{"event":"ready"}')
def requests():
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "exit":
            sys.exit(0)
        yield request
def answer(request, values):
    with open(request["predictions"], "w") as file:
        file.write("".join("%s\n" % value for value in values))
def done(request):
    say(json.dumps({"event": "done", "request": request["request"]}))
)";

}  // namespace

int kills_wanted(int otherwise) {
  const char* wanted = std::getenv("JOULEBENCH_KILLS");
  return wanted == nullptr ? otherwise : std::atoi(wanted);
}

SmallWorld::SmallWorld() {
  write_file_atomically(competition(), kCompetition);
}

fs::path SmallWorld::entry(const std::string& name, const std::string& body) {
  const fs::path path = folder() / name;
  fs::create_directories(path);
  const nlohmann::json manifest = {{"format", "joulebench-submission/1"},
                                   {"name", name},
                                   {"command", {"python3", "program.py"}}};
  write_file_atomically(path / "submission.json", manifest.dump());
  write_file_atomically(path / "program.py", kPrelude + body);
  return path;
}

fs::path SmallWorld::honest_entry(const std::string& name) {
  return entry(name,
               "ready()\nfor r in requests():\n    answer(r, [0] * r['count'])\n    done(r)\n");
}

ProgramEnd SmallWorld::joulebench(std::vector<std::string> arguments, int limit_s,
                                  int interrupt_after_ms) const {
  arguments.insert(arguments.begin(), JOULEBENCH_PROGRAM);
  return run_program(arguments, {{"JOULEBENCH_LOCK_FILE", folder() / "lock"}}, limit_s,
                     interrupt_after_ms);
}

nlohmann::json SmallWorld::run_entry(const fs::path& entry) const {
  const ProgramEnd end = joulebench({"run", entry, "--competition", competition(), "--meters",
                                     "model", "--format", "json", "--quiet", "--record",
                                     folder() / ("record-" + entry.filename().string())});
  EXPECT_LE(end.status, 1) << end.err;
  return nlohmann::json::parse(end.out);
}

FileDescriptor SmallWorld::hold_lock() const {
  FileDescriptor lock(::open((folder() / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  EXPECT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  return lock;
}

std::vector<std::string> SmallWorld::evaluate(const std::vector<fs::path>& entries) const {
  std::vector<std::string> words = {"evaluate", competition(), "--db",
                                    database(), "--meters",    "model"};
  words.insert(words.end(), entries.begin(), entries.end());
  return words;
}

}  // namespace joulebench

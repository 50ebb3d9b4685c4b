#include "harness/sandbox/janitor.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "core/file.h"
#include "embedded/sandbox_text.h"
#include "harness/sandbox/leftovers.h"

namespace joulebench {
namespace fs = std::filesystem;

void start_janitor() {
  static std::once_flag once;
  std::call_once(once, [] {
    std::vector<std::string> words = {"sh", "-c", std::string(sandbox_text::kJanitorSh),
                                      "joulebench-janitor"};
    for (const fs::path& parent : control_group_parents()) {
      words.push_back(parent / (kOurPrefix + process_mark() + "-"));
    }
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const TemporaryPlaces folders = temporary_places();
    std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "mark=" + process_mark(),
                                          "temporary=" + folders.usual.string(),
                                          "memory=" + folders.memory.string()};
    std::vector<char*> environment;
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);

    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, ends[0], 0);
    ::posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSID);  // what ends our session must not end it
    pid_t pid = 0;
    const int code =
        ::posix_spawn(&pid, "/bin/sh", &files, &attributes, arguments.data(), environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    ::close(ends[0]);
    if (code != 0) ::close(ends[1]);  // else it stays open as long as we live
  });
}

}  // namespace joulebench

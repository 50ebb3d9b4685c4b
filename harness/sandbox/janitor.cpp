#include "harness/sandbox/janitor.h"

#include <fcntl.h>
#include <unistd.h>

#include <mutex>

#include "core/child_process.h"
#include "core/error.h"
#include "core/file.h"
#include "embedded/sandbox_text.h"
#include "harness/sandbox/leftovers.h"

namespace joulebench {

void start_janitor() {
  static std::once_flag once;
  std::call_once(once, [] {
    const TemporaryPlaces places = temporary_places();
    ChildSpec spec{
        .command = {"/bin/sh", "-c", std::string(sandbox_text::kJanitorSh), "joulebench-janitor"},
        .environment = {{{"PATH", "/usr/bin:/bin"},
                         {"mark", process_mark()},
                         {"temporary", places.usual.string()},
                         {"memory", places.memory.string()}}},
        .output = ChildSpec::kNull,
        .error = ChildSpec::kNull,
        .group = ChildSpec::Group::own_session};  // what ends our session must not end it
    for (const std::filesystem::path& parent : control_group_parents()) {
      spec.command.push_back(parent / (kOurPrefix + process_mark() + "-"));
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    const FileDescriptor theirs(ends[0]);
    spec.input = theirs.get();
    try {
      ChildProcess(spec).detach();
      // Our end stays open as long as we live.
    } catch (const Error&) {
      ::close(ends[1]);
    }
  });
}

}  // namespace joulebench

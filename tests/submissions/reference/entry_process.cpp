#include "tests/submissions/reference/entry_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/npy.h"
#include "datasets/store.h"
#include "submissions/submission.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// Starts `command`; `in` and `out` become its stdin and stdout (-1: leave), stderr stays ours.
pid_t spawn(const std::vector<std::string>& command, const fs::path& folder,
            const std::vector<std::string>& environment, int in, int out) {
  std::vector<char*> argv, envp;
  for (const std::string& one : command) argv.push_back(const_cast<char*>(one.c_str()));
  for (const std::string& one : environment) envp.push_back(const_cast<char*>(one.c_str()));
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid == 0) {
    if (in >= 0) ::dup2(in, 0);
    if (out >= 0) ::dup2(out, 1);
    ::alarm(100);  // whatever happens to the test
    // execvpe() looks along our own PATH; the entry's is what counts, and here they are the same
    // folders.
    if (::chdir(folder.c_str()) == 0 && ::setenv("PATH", "/usr/bin:/bin", 1) == 0) {
      ::execvpe(argv[0], argv.data(), envp.data());
    }
    ::_exit(127);
  }
  return pid;
}

}  // namespace

void run_command(const std::vector<std::string>& command, const fs::path& folder,
                 const std::vector<std::string>& environment) {
  int status = 0;
  ::waitpid(spawn(command, folder, environment, -1, -1), &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error("'" + command[0] + "' ended with wait status " +
                             std::to_string(status));
  }
}

EntryProcess::EntryProcess(const fs::path& entry, const Dataset& dataset)
    : environment_{"PATH=/usr/bin:/bin", "JOULEBENCH_DATASET=" + dataset.id,
                   "JOULEBENCH_PUBLIC=" + public_.path().string()} {
  copy_files(read_submission(entry).folder, folder_.path());
  const auto manifest = nlohmann::json::parse(read_text_file(entry / "submission.json"));
  if (manifest.contains("environment")) {
    for (const auto& [name, value] : manifest["environment"].items()) {
      environment_.push_back(name + "=" + value.get<std::string>());
    }
  }
  if (manifest.contains("build")) {
    write_public_part(dataset, public_.path());
    for (const auto& step : manifest["build"]) {
      run_command(step.get<std::vector<std::string>>(), folder_.path(), environment_);
    }
  }
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) {
    throw std::runtime_error("cannot make a pipe");
  }
  const FileDescriptor entry_in(in[0]), entry_out(out[1]);
  to_entry_ = FileDescriptor(in[1]);
  from_entry_ = FileDescriptor(out[0]);
  pid_ = spawn(manifest["command"].get<std::vector<std::string>>(), folder_.path(), environment_,
               entry_in.get(), entry_out.get());
  // Our copies of its ends close here, so that its end shows as the pipe's end.
}

EntryProcess::~EntryProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::string EntryProcess::read_line() {
  std::string line;
  char c = 0;
  for (;;) {
    pollfd wait{.fd = from_entry_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, 100000) <= 0) throw std::runtime_error("the entry does not answer");
    if (::read(from_entry_.get(), &c, 1) != 1) throw std::runtime_error("the entry has ended");
    if (c == '\n') return line;
    line += c;
  }
}

std::vector<std::int32_t> EntryProcess::predict(const Tensor& inputs) {
  if (passes_ == 0 && nlohmann::json::parse(read_line()) != nlohmann::json{{"event", "ready"}}) {
    throw std::runtime_error("the entry's first line is not ready");
  }
  const fs::path inputs_file = folder_.path() / "in.npy";
  const fs::path predictions_file = folder_.path() / "out.npy";
  write_file_atomically(inputs_file, to_npy(inputs));
  fs::remove(predictions_file);
  const nlohmann::json request = {{"op", "predict"},
                                  {"request", ++passes_},
                                  {"inputs", inputs_file.string()},
                                  {"predictions", predictions_file.string()},
                                  {"count", inputs.rows()}};
  const std::string text = request.dump() + "\n";
  if (::write(to_entry_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("the entry does not listen");
  }
  const auto answer = nlohmann::json::parse(read_line());
  if (answer != nlohmann::json{{"event", "done"}, {"request", passes_}}) {
    throw std::runtime_error("the entry answers " + answer.dump());
  }
  const Tensor predictions = read_npy(predictions_file);
  if (predictions.shape != std::vector<std::size_t>{inputs.rows()}) {
    throw std::runtime_error("the entry's predictions have another shape");
  }
  std::vector<std::int32_t> classes(inputs.rows());
  for (std::size_t i = 0; i < classes.size(); ++i) {
    classes[i] = static_cast<std::int32_t>(element_as_double(predictions, i));
  }
  return classes;
}

int EntryProcess::exit_status() {
  const std::string text = "{\"op\":\"exit\"}\n";
  if (::write(to_entry_.get(), text.data(), text.size()) < 0) return -1;
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace joulebench

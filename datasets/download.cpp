#include "datasets/download.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "core/error.h"
#include "core/file.h"
#include "core/version.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

/// libcurl's functions that are needed here. The library is opened at the first download: it brings
/// 25 others along, and no other command has a use for them.
/// Errors  the constructor throws Error when libcurl is not installed.
class CurlLibrary {
 public:
  CurlLibrary() {
    load("curl_global_init", global_init);
    load("curl_easy_init", easy_init);
    load("curl_easy_setopt", easy_setopt);
    load("curl_easy_perform", easy_perform);
    load("curl_easy_strerror", easy_strerror);
    load("curl_easy_cleanup", easy_cleanup);
    global_init(CURL_GLOBAL_DEFAULT);
  }

  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;

 private:
  template <class Function>
  void load(const char* name, Function*& function) {
    // Never closed: libcurl's TLS library must not be unloaded.
    static void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    void* const found = library != nullptr ? ::dlsym(library, name) : nullptr;
    if (found == nullptr) {
      throw Error({.what = "cannot fetch files",
                   .where = ::dlerror(),
                   .hint = "apt-get install libcurl4, or give the files by --from FOLDER"});
    }
    function = reinterpret_cast<Function*>(found);
  }
};

const CurlLibrary& curl_library() {
  static const CurlLibrary library;
  return library;
}

// One transfer, as libcurl's callbacks see it. They are called from C, so nothing may throw through
// them.
struct Transfer {
  int fd = -1;
  std::uint64_t offset = 0;  // bytes that the file held before
  std::uint64_t written = 0;
  std::uint64_t expected = 0;
  bool too_long = false;
  int write_error = 0;
  bool stopped = false;
  const DownloadProgress* progress = nullptr;
};

std::size_t on_bytes(char* data, std::size_t unit, std::size_t count, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  const std::size_t size = unit * count;
  if (transfer.offset + transfer.written + size > transfer.expected) {
    transfer.too_long = true;
    return 0;
  }
  for (std::size_t done = 0; done < size;) {
    const ssize_t step = ::write(transfer.fd, data + done, size - done);
    if (step < 0 && errno == EINTR) continue;
    if (step < 0) {
      transfer.write_error = errno;
      return 0;
    }
    done += static_cast<std::size_t>(step);
  }
  transfer.written += size;
  return size;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  try {
    transfer.stopped = *transfer.progress &&
                       !(*transfer.progress)(transfer.offset + transfer.written, transfer.expected);
  } catch (...) {
    transfer.stopped = true;
  }
  return transfer.stopped ? 1 : 0;
}

}  // namespace

void download(const std::string& url, const fs::path& partial, std::uint64_t expected_bytes,
              Seconds patience, const DownloadProgress& progress) {
  const CurlLibrary& library = curl_library();
  const auto fail = [&url](const std::string& reason, const std::string& hint = {}) -> Error {
    return Error({.what = "cannot download a file", .where = url + ": " + reason, .hint = hint});
  };
  const FileDescriptor fd(
      ::open(partial.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
  struct stat status = {};
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) {
    throw fail(partial.string() + ": " + system_message(errno));
  }
  Transfer transfer;
  transfer.fd = fd.get();
  transfer.offset = static_cast<std::uint64_t>(status.st_size);
  transfer.expected = expected_bytes;
  transfer.progress = &progress;
  if (transfer.offset > expected_bytes) {
    if (::ftruncate(fd.get(), 0) != 0) throw fail(system_message(errno));
    transfer.offset = 0;
  }
  if (transfer.offset == expected_bytes) return;  // its digest is the caller's to check

  const std::unique_ptr<CURL, void (*)(CURL*)> curl(library.easy_init(), library.easy_cleanup);
  if (!curl) throw std::bad_alloc();
  char reason[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) {
    library.easy_setopt(curl.get(), option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_ERRORBUFFER, reason);
  set(CURLOPT_USERAGENT, fmt::format("joulebench/{}", kVersion).c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 10L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, 30L);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.count()));
  set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.offset));
  set(CURLOPT_WRITEFUNCTION, &on_bytes);
  set(CURLOPT_WRITEDATA, &transfer);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(CURLOPT_XFERINFODATA, &transfer);
  const CURLcode result = library.easy_perform(curl.get());

  const std::uint64_t have = transfer.offset + transfer.written;
  if (transfer.write_error != 0) {
    fs::remove(partial);
    throw fail(
        partial.string() + ": " + system_message(transfer.write_error),
        transfer.write_error == ENOSPC ? "make room, or name another folder: --datasets DIR" : "");
  }
  if (transfer.too_long) {
    fs::remove(partial);
    throw fail(fmt::format("more than the {} bytes that were expected", expected_bytes));
  }
  if (transfer.stopped) throw fail("interrupted", "run it again: it goes on where it ended");
  if (result == CURLE_RANGE_ERROR && transfer.offset != 0) {
    // The server sends the whole file or nothing: start anew.
    fs::remove(partial);
    return download(url, partial, expected_bytes, patience, progress);
  }
  if (result == CURLE_OPERATION_TIMEDOUT) {
    throw fail(fmt::format("no answer, or no byte, for {:.0f} s", patience.count()),
               "run it again: it goes on where it ended");
  }
  if (result != CURLE_OK && result != CURLE_PARTIAL_FILE) {
    const bool offline = result == CURLE_COULDNT_RESOLVE_HOST || result == CURLE_COULDNT_CONNECT;
    throw fail(*reason != '\0' ? reason : library.easy_strerror(result),
               offline ? "without network, give a folder with the original files: --from DIR" : "");
  }
  if (have != expected_bytes) {
    throw fail(fmt::format("the answer ended after {} of {} bytes", have, expected_bytes),
               "run it again: it goes on where it ended");
  }
}

}  // namespace joulebench

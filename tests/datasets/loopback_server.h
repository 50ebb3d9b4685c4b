#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/file.h"

namespace joulebench {

/// What the server does with one request. `range_from` is the start of a Range header, or 0.
struct Answer {
  std::string head = "HTTP/1.1 200 OK";
  std::vector<std::string> headers;
  std::string body;
  bool state_length = true;       // Content-Length: the body's
  std::size_t stated_length = 0;  // where not 0: this instead, and the body ends early
  bool hang = false;              // sends what it has, then nothing, until the client leaves
};

/// An HTTP server on 127.0.0.1, for tests of the download path. One connection after the other.
class LoopbackServer {
 public:
  using Handler = std::function<Answer(const std::string& path, std::size_t range_from)>;
  explicit LoopbackServer(Handler handler);
  ~LoopbackServer();
  std::string url() const;  // "http://127.0.0.1:PORT"
  int requests() const { return requests_; }

 private:
  void serve();

  Handler handler_;
  FileDescriptor listener_;
  int port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

}  // namespace joulebench

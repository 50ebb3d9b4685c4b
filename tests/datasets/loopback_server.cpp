#include "tests/datasets/loopback_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace joulebench {

LoopbackServer::LoopbackServer(Handler handler)
    : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 8) != 0 ||
      ::getsockname(listener_.get(), any, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

LoopbackServer::~LoopbackServer() {
  ending_ = true;
  thread_.join();
}

std::string LoopbackServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

void LoopbackServer::serve() {
  const auto readable = [this](int fd) {
    while (!ending_) {
      pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, 20) > 0) return true;
    }
    return false;
  };
  while (readable(listener_.get())) {
    const FileDescriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string request;
    char buffer[4096];
    while (request.find("\r\n\r\n") == std::string::npos && readable(client.get())) {
      const ssize_t got = ::recv(client.get(), buffer, sizeof buffer, 0);
      if (got <= 0) break;
      request.append(buffer, static_cast<std::size_t>(got));
    }
    if (!request.starts_with("GET ")) continue;
    ++requests_;
    const std::string path = request.substr(4, request.find(' ', 4) - 4);
    const auto range = request.find("Range: bytes=");
    const std::size_t from =
        range == std::string::npos ? 0 : std::strtoull(request.c_str() + range + 13, nullptr, 10);
    const Answer answer = handler_(path, from);
    std::string text = answer.head + "\r\nConnection: close\r\n";
    for (const std::string& header : answer.headers) text += header + "\r\n";
    if (answer.state_length) {
      const std::size_t length =
          answer.stated_length != 0 ? answer.stated_length : answer.body.size();
      text += "Content-Length: " + std::to_string(length) + "\r\n";
    }
    text += "\r\n" + answer.body;
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t step =
          ::send(client.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (step <= 0) break;
      sent += static_cast<std::size_t>(step);
    }
    if (answer.hang) readable(client.get());  // the client's end shows as readable
  }
}

}  // namespace joulebench

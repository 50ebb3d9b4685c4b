#pragma once

#include <stdexcept>
#include <string>

namespace joulebench {

/// Why the program cannot go on, told to the person who can fix it. Becomes exit status 2.
class Error : public std::runtime_error {
 public:
  struct Parts {
    std::string what;   // the step that failed, in the user's words
    std::string where;  // file and field, device or row, and the system's own reason
    std::string hint;   // the next thing to try; empty when there is nothing honest to say
  };
  explicit Error(Parts parts);  // what() is the three parts, one to a line
  const Parts& parts() const { return parts_; }

 private:
  Parts parts_;
};

/// The text of errno `code`, as in "No such file or directory". Thread-safe.
std::string system_message(int code);

/// The user asked the program to stop; what is finished is kept. Caught in main.
struct Interrupted {};

}  // namespace joulebench

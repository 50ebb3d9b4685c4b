#include "core/user_folders.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace joulebench {
namespace {

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    if (value == nullptr) {
      ::unsetenv(name);
    } else {
      ::setenv(name, value, 1);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(UserFolders, FollowTheDesktopSpecification) {
  const Variable home("HOME", "/home/ada");
  const Variable cache("XDG_CACHE_HOME", "/fast/cache");
  const Variable data("XDG_DATA_HOME", nullptr);
  EXPECT_EQ(user_cache_folder(), "/fast/cache/joulebench");
  EXPECT_EQ(user_data_folder(), "/home/ada/.local/share/joulebench");
}

TEST(UserFolders, IgnoreRelativePathsAndEmptyOnes) {
  const Variable home("HOME", "/home/ada");
  const Variable cache("XDG_CACHE_HOME", "cache");
  const Variable data("XDG_DATA_HOME", "");
  EXPECT_EQ(user_cache_folder(), "/home/ada/.cache/joulebench");
  EXPECT_EQ(user_data_folder(), "/home/ada/.local/share/joulebench");
}

TEST(UserFolders, AreEmptyWhereNothingNamesThem) {
  const Variable home("HOME", nullptr);
  const Variable cache("XDG_CACHE_HOME", nullptr);
  const Variable data("XDG_DATA_HOME", nullptr);
  EXPECT_TRUE(user_cache_folder().empty());
  EXPECT_TRUE(user_data_folder().empty());
}

}  // namespace
}  // namespace joulebench

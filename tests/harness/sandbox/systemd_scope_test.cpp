#include "harness/sandbox/systemd_scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sysfs_tree.h"

namespace joulebench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A machine whose systemd could give us a control group.
struct SystemdScope : testing::Test {
  SystemdScope() {
    tree.write("run/systemd/system/.keep", "");
    tree.write("proc/self/mountinfo",
               "30 1 0:1 / " + tree.root().string() + "/v2 rw - cgroup2 cgroup rw");
    tree.write("proc/self/cgroup", "0::/session");
    tree.write("v2/cgroup.controllers", "cpuset cpu io memory pids");
  }
  ScopeQuestion user() const { return {.root = tree.root(), .runtime_folder = "/run/user/1000"}; }
  ScopeQuestion root() const { return {.root = tree.root(), .is_root_user = true}; }
  SysfsTree tree;
};

TEST_F(SystemdScope, AUserAsksTheirOwnManagerAndRootTheSystems) {
  EXPECT_THAT(scope_words(user()), ElementsAre("systemd-run", "--user", "--scope", "--quiet", "-p",
                                               "Delegate=yes", "--"));
  EXPECT_THAT(scope_words(root()),
              ElementsAre("systemd-run", "--scope", "--quiet", "-p", "Delegate=yes", "--"));
}

TEST_F(SystemdScope, NobodyIsAskedTwice) {
  ScopeQuestion question = user();
  question.was_asked = true;
  EXPECT_THAT(scope_words(question), IsEmpty());
}

TEST_F(SystemdScope, AGroupThatIsOursAlreadyIsKept) {
  tree.write("v2/session/cgroup.procs", "");
  EXPECT_THAT(scope_words(user()), IsEmpty());
}

TEST_F(SystemdScope, WithoutAManagerNobodyIsAsked) {
  ScopeQuestion question = user();
  question.runtime_folder.clear();
  EXPECT_THAT(scope_words(question), IsEmpty());
  std::filesystem::remove_all(tree.root() / "run");
  EXPECT_THAT(scope_words(root()), IsEmpty());
}

TEST_F(SystemdScope, UnderV1NobodyIsAsked) {
  tree.write("proc/self/mountinfo",
             "30 1 0:1 / " + tree.root().string() + "/memory rw - cgroup cgroup rw,memory");
  EXPECT_THAT(scope_words(root()), IsEmpty());
  // Both hierarchies at once: v2 is there, without controllers.
  tree.write("proc/self/mountinfo",
             "30 1 0:1 / " + tree.root().string() + "/v2 rw - cgroup2 cgroup rw");
  tree.write("v2/cgroup.controllers", "");
  EXPECT_THAT(scope_words(root()), IsEmpty());
}

}  // namespace
}  // namespace joulebench

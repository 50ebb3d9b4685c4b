#include "core/ssh_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/child_process.h"
#include "core/error.h"
#include "core/file.h"
#include "tests/support/error_text.h"
#include "tests/support/ssh_key.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class SshSignature : public ::testing::Test {
 protected:
  fs::path allowed(const std::string& text) const {
    const fs::path file = folder_.path() / "allowed";
    write_file_atomically(file, text);
    return file;
  }

  TemporaryFolder folder_{"keys"};
  support::SshKey alice_{folder_.path() / "alice"};
  support::SshKey bob_{folder_.path() / "bob"};
};

TEST_F(SshSignature, OfAnAllowedKeySaysWhose) {
  const std::string signature = sign_text("a text\n", alice_.file());
  const fs::path list = allowed(bob_.allowed_as("bob") + alice_.allowed_as("alice@example.org"));
  const SignatureCheck check = check_signature("a text\n", signature, list);
  EXPECT_EQ(check.principal, "alice@example.org");
  EXPECT_THAT(check.key, StartsWith("ED25519 SHA256:"));
  EXPECT_EQ(check.problem, "");
}

TEST_F(SshSignature, OfAnotherKeyOrTextIsNotGood) {
  const std::string signature = sign_text("a text\n", alice_.file());
  const fs::path list = allowed(bob_.allowed_as("bob"));
  const SignatureCheck unknown = check_signature("a text\n", signature, list);
  EXPECT_EQ(unknown.principal, "");
  EXPECT_THAT(unknown.key, StartsWith("ED25519 SHA256:"));
  EXPECT_EQ(unknown.problem, "nobody is allowed to sign with the key " + unknown.key);
  EXPECT_EQ(check_signature("a text\n", signature, {}).key, unknown.key);
  const SignatureCheck other = check_signature("a test\n", signature, list);
  EXPECT_EQ(other.key, "");
  EXPECT_EQ(other.problem, "the signature is not of this text");
}

TEST_F(SshSignature, OfAKeyThatIsAllowedForOtherThingsIsNotGood) {
  const std::string signature = sign_text("a text\n", alice_.file());
  const std::string line = alice_.allowed_as("alice");
  const fs::path list = allowed("alice namespaces=\"file\"" + line.substr(line.find(" ssh-")));
  EXPECT_THAT(check_signature("a text\n", signature, list).problem,
              StartsWith("nobody is allowed"));
}

TEST_F(SshSignature, OfAnotherNamespaceIsNotGood) {
  // The same key signed the same text, as for git: that was not meant for a board.
  const fs::path text = folder_.path() / "text";
  write_file_atomically(text, "a text\n");
  const CommandResult made = run_command(
      {.command = {"ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", alice_.file(), text}});
  ASSERT_TRUE(made.succeeded()) << made.error;
  const std::string signature = read_text_file(text.string() + ".sig");
  const std::string line = alice_.allowed_as("alice");
  const fs::path list = allowed("alice" + line.substr(line.find(" ssh-")));  // any namespace
  const SignatureCheck check = check_signature("a text\n", signature, list);
  EXPECT_EQ(check.principal, "");
  EXPECT_EQ(check.key, "");
  EXPECT_EQ(check.problem, "the signature is not of this text");
}

TEST_F(SshSignature, ThatIsNoneIsSaidAndNeverRun) {
  const fs::path list = allowed(alice_.allowed_as("alice"));
  for (const std::string& text :
       {std::string("hello"), std::string("-----BEGIN SSH SIGNATURE-----\nAAAA\n"),
        std::string(100'000, 'A'), std::string("-----BEGIN SSH SIGNATURE-----\0\n", 31)}) {
    const SignatureCheck check = check_signature("a text\n", text, list);
    EXPECT_EQ(check.key, "");
    EXPECT_NE(check.problem, "");
  }
}

TEST_F(SshSignature, WithoutAKeyOrAListIsAnError) {
  EXPECT_EQ(error_text([&] { sign_text("x", folder_.path() / "none"); }),
            "cannot sign\n  " + (folder_.path() / "none").string() +
                ": there is no such key\n  name a private key of OpenSSH, or a public one that "
                "ssh-agent holds; ssh-keygen -t ed25519 makes one");
  write_file_atomically(folder_.path() / "junk", "junk\n");
  EXPECT_THAT(error_text([&] { sign_text("x", folder_.path() / "junk"); }),
              HasSubstr("cannot sign\n"));
  EXPECT_THAT(error_text([&] { check_signature("x", "y", folder_.path() / "nowhere"); }),
              HasSubstr("nowhere"));
}

}  // namespace
}  // namespace joulebench

#include "submissions/signed_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/ssh_signature.h"
#include "support/ssh_key.h"

namespace joulebench {
namespace {

using joulebench::support::SshKey;
using ::testing::HasSubstr;

TEST(TeamName, WhatCouldBeReadAsSeveralOrAsAPatternIsRefused) {
  EXPECT_EQ(team_name_problem("red team 1"), "");
  EXPECT_EQ(team_name_problem("Équipe β"), "");
  EXPECT_EQ(team_name_problem(""), "it is empty");
  EXPECT_EQ(team_name_problem("red,blue"), "it holds ,");
  EXPECT_EQ(team_name_problem("*"), "it holds *");
  EXPECT_EQ(team_name_problem("red "), "it begins or ends with a space");
  EXPECT_EQ(team_name_problem("-red"), "it begins with -");
  for (const char* unseen : {"red\n", "r\x1b[31med", "r\te", "red\xe2\x80\xae"}) {
    EXPECT_EQ(team_name_problem(unseen), "it holds a character that cannot be shown") << unseen;
  }
  EXPECT_THAT(team_name_problem(std::string(101, 'x')), HasSubstr("100 bytes"));
}

/// An archive of team red, and a list of keys of two teams.
class SignedArchive : public ::testing::Test {
 protected:
  SignatureCheck check(const std::string& archive) const {
    const auto file = folder_.path() / archive;
    return check_named_signature(
        [&](const std::string& team) { return text_of_archive(sha256_of_file(file), team); },
        read_text_file(signature_file(file)), folder_.path() / "teams");
  }
  std::filesystem::path put(const std::string& name, const std::string& text) const {
    write_file_atomically(folder_.path() / name, text);
    return folder_.path() / name;
  }

  TemporaryFolder folder_{"signed-entry"};
  SshKey red_{folder_.path() / "red"};
  SshKey blue_{folder_.path() / "blue"};
  SshKey unlisted_{folder_.path() / "unlisted"};
  std::filesystem::path teams_ =
      put("teams", "# keys\n" + red_.allowed_as("\"red team,pink\"") + blue_.allowed_as("blue"));
};

TEST_F(SignedArchive, IsOfTheTeamWhoseKeyAndNameAreInTheSignature) {
  const auto archive = put("a.tar.gz", "archive");
  EXPECT_EQ(sign_archive(archive, "red team", red_.file()), archive.string() + ".sig");
  const SignatureCheck found = check("a.tar.gz");
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.principal, "red team");
  EXPECT_THAT(found.key, HasSubstr("ED25519 SHA256:"));
  sign_archive(archive, "pink", red_.file());
  EXPECT_EQ(check("a.tar.gz").principal, "pink") << "a key may be of two teams";
}

TEST_F(SignedArchive, AnotherTeamsKeyOrAnotherArchiveIsSaid) {
  const auto archive = put("a.tar.gz", "archive");
  sign_archive(archive, "red team", blue_.file());
  EXPECT_EQ(check("a.tar.gz").problem,
            "it is made with the key of blue, and is not of this file, or was made for another "
            "team's name")
      << "blue signs for another team";
  sign_archive(archive, "blue", unlisted_.file());
  EXPECT_EQ(check("a.tar.gz").problem, "nobody is known by the key that made it");
  sign_archive(archive, "blue", blue_.file());
  EXPECT_EQ(check("a.tar.gz").principal, "blue");
  put("a.tar.gz", "another archive");
  EXPECT_EQ(check("a.tar.gz").problem,
            "it is made with the key of blue, and is not of this file, or was made for another "
            "team's name");
  EXPECT_EQ(check("a.tar.gz").principal, "");
  put("a.tar.gz.sig", "not a signature");
  EXPECT_EQ(check("a.tar.gz").problem, "it is no signature of OpenSSH");
}

TEST_F(SignedArchive, ARequestIsNotAnArchive) {
  const auto file = put("a.request.json", "{}");
  sign_request(file, "blue", blue_.file());
  EXPECT_EQ(check("a.request.json").principal, "") << "the texts differ";
}

TEST_F(SignedArchive, ATeamWithoutAPlainNameCannotSign) {
  const auto archive = put("a.tar.gz", "archive");
  EXPECT_THROW(sign_archive(archive, "a,b", red_.file()), Error);
  EXPECT_FALSE(std::filesystem::exists(archive.string() + ".sig"));
}

}  // namespace
}  // namespace joulebench

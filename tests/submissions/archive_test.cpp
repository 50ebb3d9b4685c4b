#include "submissions/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "submissions/entry_tree.h"
#include "submissions/submission.h"

namespace joulebench {
namespace {
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// Archives as an attacker would make them: by Python, which lets one write what tar would not.
class Archive : public testing::Test {
 protected:
  Archive() : folder_("archives") { fs::create_directory(out()); }
  fs::path out() const { return folder_.path() / "out"; }
  fs::path file(const std::string& name) const { return folder_.path() / name; }

  /// `body` adds to `t` (a tarfile) by add(name, data, **fields), or to `z` (a zipfile).
  fs::path make(const std::string& name, const std::string& body) const {
    const fs::path script = file("make.py");
    std::ofstream(script)
        << "import tarfile, zipfile, io, sys, stat, subprocess, os\n"
           "name = sys.argv[1]\n"
           "def add(n, data=b'x', **fields):\n"
           "    i = tarfile.TarInfo(n); i.size = len(data)\n"
           "    for k, v in fields.items(): setattr(i, k, v)\n"
           "    t.addfile(i, io.BytesIO(data))\n"
           "t = z = None\n"
           "if name.endswith('.zip'): z = zipfile.ZipFile(name, 'w', zipfile.ZIP_DEFLATED)\n"
           "elif name.endswith('.zst'): t = tarfile.open(name + '.tar', 'w')\n"
           "else: t = tarfile.open(name, 'w:gz')\n"
        << body
        << "\n(z or t).close()\n"
           "if name.endswith('.zst'): subprocess.run(['zstd', '-q', name + '.tar', '-o', name], "
           "check=True)\n";
    const std::string command =
        "/usr/bin/python3 " + script.string() + " " + file(name).string() + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return file(name);
  }

  std::string refusal(const fs::path& archive, const ArchiveLimits& limits = {}) const {
    try {
      unpack_archive(archive, out(), limits);
    } catch (const Error& error) {
      EXPECT_TRUE(fs::is_empty(out())) << "something was written before the refusal";
      return error.parts().where;
    }
    return "it was taken";
  }

  TemporaryFolder folder_;
};

TEST_F(Archive, UnpacksEachKindWithModesOfAFreshCheckout) {
  for (const char* name : {"a.tar.gz", "b.zip"}) {
    SCOPED_TRACE(name);
    const fs::path archive =
        std::string(name).ends_with(".zip")
            ? make(name,
                   "z.writestr('top/submission.json', '{}')\n"
                   "i = zipfile.ZipInfo('top/bin/run'); i.external_attr = (stat.S_IFREG | 0o6777) "
                   "<< 16\n"
                   "z.writestr(i, b'hello')")
            : make(name,
                   "add('top', b'', type=tarfile.DIRTYPE, mode=0o777)\nadd('top/submission.json', "
                   "b'{}', mode=0o600)\n"
                   "add('top/bin/run', b'hello', mode=0o6777)");
    const fs::path folder = out() / "sub";
    fs::remove_all(folder);
    fs::create_directory(folder);
    EXPECT_EQ(unpack_archive(archive, folder), folder / "top");
    EXPECT_EQ(read_text_file(folder / "top/bin/run"), "hello");
    struct stat status {};
    ASSERT_EQ(::stat((folder / "top/bin/run").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0755u);  // no set-uid bit
    ASSERT_EQ(::stat((folder / "top/submission.json").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0644u);
  }
}

TEST_F(Archive, RefusesNamesThatLeaveTheFolder) {
  EXPECT_THAT(refusal(make("a.tar.gz", "add('submission.json')\nadd('/etc/cron.d/evil')")),
              HasSubstr("/etc/cron.d/evil: an absolute name"));
  EXPECT_THAT(refusal(make("b.tar.gz", "add('submission.json')\nadd('a/../../evil')")),
              HasSubstr("a/../../evil: a name with '..'"));
  EXPECT_THAT(refusal(make("c.zip", "z.writestr('../evil', b'')")),
              HasSubstr("../evil: a name with '..'"));
  EXPECT_THAT(refusal(make("d.zip", "z.writestr('/evil', b'')")),
              HasSubstr("/evil: an absolute name"));
}

TEST_F(Archive, RefusesLinksAndDevices) {
  EXPECT_THAT(
      refusal(make("a.tar.gz", "add('l', b'', type=tarfile.SYMTYPE, linkname='/etc/passwd')")),
      HasSubstr(": l: a symbolic link to '/etc/passwd', which lies outside the entry"));
  EXPECT_THAT(
      refusal(make("b.tar.gz", "add('f')\nadd('l', b'', type=tarfile.LNKTYPE, linkname='f')")),
      HasSubstr(": l: a hard link"));
  EXPECT_THAT(
      refusal(make("c.tar.gz", "add('d', b'', type=tarfile.CHRTYPE, devmajor=1, devminor=3)")),
      HasSubstr(": d: neither a file nor a folder"));
  EXPECT_THAT(refusal(make("d.tar.gz", "add('p', b'', type=tarfile.FIFOTYPE)")),
              HasSubstr(": p: neither a file nor a folder"));
  EXPECT_THAT(
      refusal(make("e.zip",
                   "i = zipfile.ZipInfo('l'); i.external_attr = (stat.S_IFLNK | 0o777) << 16\n"
                   "i.create_system = 3\nz.writestr(i, '/etc/passwd')")),
      HasSubstr(": l: a symbolic link to '/etc/passwd', which lies outside the entry"));
}

TEST_F(Archive, RefusesLinksThatLeaveOnWhateverWay) {
  const auto link = [](const std::string& name, const std::string& target) {
    return "add('" + name + "', b'', type=tarfile.SYMTYPE, linkname='" + target + "')\n";
  };
  EXPECT_THAT(refusal(make("a.tar.gz", "add('d/f')\n" + link("d/l", "../../etc"))),
              HasSubstr("d/l: a symbolic link to '../../etc', which lies outside the entry"));
  // By its text it stays inside; behind 'here', which is the top, '..' is outside.
  EXPECT_THAT(
      refusal(make("b.tar.gz", "add('p/f')\n" + link("p/here", "..") + link("out", "p/here/../x"))),
      HasSubstr("out: a symbolic link to 'p/here/../x'"));
  EXPECT_THAT(refusal(make("c.tar.gz", "add('f')\n" + link("a", "b") + link("b", "a"))),
              HasSubstr("a: a symbolic link to 'b', which leads nowhere"));
  EXPECT_THAT(refusal(make("d.tar.gz", "add('f')\n" + link("l", "none"))),
              HasSubstr("l: a symbolic link to 'none', which leads nowhere"));
  // Nothing is written through a link.
  EXPECT_THAT(refusal(make("e.tar.gz", link("d", ".") + "add('d/evil')")),
              HasSubstr("d/evil: a file that is also a folder"));
}

TEST_F(Archive, UnpacksAVenvThatBringsItsInterpreter) {
  const fs::path source = folder_.path() / "source";
  fs::create_directories(source / "venv/bin");
  fs::create_directories(source / "venv/lib/python3.11");
  write_file_atomically(source / "submission.json", "{}");
  write_file_atomically(source / "venv/bin/python3.11", "#!/bin/sh\n");
  fs::permissions(source / "venv/bin/python3.11", fs::perms(0755));
  fs::create_symlink("python3.11", source / "venv/bin/python3");
  fs::create_symlink("python3", source / "venv/bin/python");
  fs::create_symlink("lib", source / "venv/lib64");
  write_file_atomically(source / "venv/lib/python3.11/site.py", "");
  for (const char* name : {"p.tar.gz", "p.tar.zst", "p.zip"}) {
    SCOPED_TRACE(name);
    pack_archive(source, file(name));
    const fs::path folder = out() / name;
    fs::create_directory(folder);
    unpack_archive(file(name), folder);
    EXPECT_EQ(digest_of_entry(folder), digest_of_entry(source));
    EXPECT_EQ(fs::read_symlink(folder / "venv/bin/python"), "python3");
    EXPECT_TRUE(fs::exists(folder / "venv/lib64/python3.11/site.py"));
    const TemporaryFolder staged("staged");
    copy_entry(folder, staged.path());
    EXPECT_EQ(digest_of_entry(staged.path()), digest_of_entry(source));
  }
}

TEST_F(Archive, LeavesOutWhatIsNoPartOfAnEntry) {
  const fs::path source = folder_.path() / "source";
  for (const char* folder : {".git", "src/__pycache__", "data/raw", "logs", "build"}) {
    fs::create_directories(source / folder);
    write_file_atomically(source / folder / "x", "x");
  }
  for (const char* name : {"submission.json", ".DS_Store", "a.log", "src/b.log", "src/keep.py",
                           "data/keep.npy", "build/logs"}) {
    write_file_atomically(source / name, "x");
  }
  fs::create_symlink("/etc/passwd", source / "data/raw/link");
  write_file_atomically(source / ".joulebenchignore",
                        "# large\n*.log\n/data/raw  # not needed\nlogs/\nsubmission.*\n");
  std::vector<std::string> names;
  for (const EntryFile& one : list_entry(source)) names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("build/logs", "build/x", "data/keep.npy", "src/keep.py",
                                 "submission.json"));
  pack_archive(source, file("p.zip"));
  unpack_archive(file("p.zip"), out());
  EXPECT_EQ(digest_of_entry(out()), digest_of_entry(source));
  EXPECT_FALSE(fs::exists(out() / ".git"));

  write_file_atomically(source / ".joulebenchignore", "*.log\n!keep.log\n");
  try {
    list_entry(source);
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.parts().where, HasSubstr(".joulebenchignore: line 2: '!keep.log'"));
  }

  std::string many = "/data/raw\n";
  for (int i = 0; i < 199; ++i) many += "a" + std::to_string(i) + "\n";
  write_file_atomically(source / ".joulebenchignore", many);
  EXPECT_NO_THROW(list_entry(source));
  write_file_atomically(source / ".joulebenchignore", many + "one-more\n");
  try {
    list_entry(source);
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.parts().where,
                HasSubstr(".joulebenchignore: line 201: more than 200 patterns"));
  }
}

TEST_F(Archive, RefusesOneNameTwiceInAnySpelling) {
  EXPECT_THAT(refusal(make("a.tar.gz", "add('submission.json')\nadd('./submission.json')")),
              HasSubstr("a name that occurs twice"));
  EXPECT_THAT(refusal(make("b.tar.gz", "add('a')\nadd('a/b')")),
              HasSubstr("a/b: a file that is also a folder"));
  EXPECT_THAT(refusal(make("c.tar.gz", "add('a/b')\nadd('a')")),
              HasSubstr(": a: a name that occurs twice"));
}

TEST_F(Archive, RefusesNamesThatCannotBeShown) {
  EXPECT_THAT(refusal(make("a.tar.gz", "add('caf\\udce9')")), HasSubstr("not plain UTF-8"));
  EXPECT_THAT(refusal(make("b.tar.gz", "add('a\\x1b[2J')")), HasSubstr("not plain UTF-8"));
  EXPECT_THAT(refusal(make("c.tar.gz", "add('a\\u202efdp.exe')")), HasSubstr("not plain UTF-8"));
  EXPECT_THAT(refusal(make("d.tar.gz", "add('a\\\\b')")), HasSubstr("not plain UTF-8"));
  EXPECT_THAT(refusal(make("e.tar.gz", "add('a' * 300)")),
              HasSubstr("a part of more than 255 bytes"));
}

TEST_F(Archive, TakesNamesBeyondAscii) {
  const fs::path archive =
      make("a.tar.gz", "add('submission.json')\nadd('mod\\u00e8le/\\u6a21.npy', b'abc')");
  EXPECT_EQ(unpack_archive(archive, out()), out());
  EXPECT_EQ(read_text_file(out() / "mod\u00e8le/\u6a21.npy"), "abc");
}

TEST_F(Archive, RefusesTooManyFilesTooDeepAndTooLarge) {
  ArchiveLimits limits;
  limits.files = 10;
  EXPECT_THAT(refusal(make("a.tar.gz", "for i in range(11): add(str(i))"), limits),
              HasSubstr("more than 10 files"));
  EXPECT_THAT(refusal(make("b.tar.gz", "add('a/' * 40 + 'b')")),
              HasSubstr("more than 32 folders deep"));
  limits = {};
  limits.total_bytes = 1 << 20;
  EXPECT_THAT(refusal(make("c.tar.gz", "add('big', os.urandom(1 << 20))\nadd('more')"), limits),
              HasSubstr("more: more than 1 MB when unpacked"));
}

TEST_F(Archive, RefusesBombsByTheirRatioWhateverTheirHeadersSay) {
  EXPECT_THAT(refusal(make("a.tar.gz", "add('zeros', bytes(32 << 20))")),
              HasSubstr("zeros: unpacks to more than 200 times its size"));
  EXPECT_THAT(refusal(make("b.zip", "z.writestr('zeros', bytes(32 << 20))")),
              HasSubstr("zeros: unpacks to more than 200 times its size"));
}

// What the Finder makes: the folder, and another one beside it for what other systems do not keep.
TEST_F(Archive, TakesTheArchiveOfAMac) {
  const fs::path mac = make("mac.zip",
                            "z.writestr('my-entry/submission.json', '{}')\n"
                            "z.writestr('my-entry/._p.py', 'x')\n"
                            "z.writestr('__MACOSX/._my-entry', 'x')\n"
                            "z.writestr('__MACOSX/my-entry/._p.py', 'x')\n"
                            "z.writestr('.DS_Store', 'x')");
  EXPECT_EQ(unpack_archive(mac, out()), out() / "my-entry");
}

TEST_F(Archive, RefusesWhatIsNoArchiveOfASubmission) {
  std::ofstream(file("a.zip")) << "not a zip";
  EXPECT_THAT(refusal(file("a.zip")), HasSubstr("a.zip: "));
  std::ofstream(file("b.zip")).flush();
  EXPECT_THAT(refusal(file("b.zip")), HasSubstr("b.zip: "));
  EXPECT_THAT(refusal(file("missing.zip")), HasSubstr("No such file or directory"));
  const fs::path plain = make("c.tar.gz", "add('submission.json')");
  std::system(("gunzip -kc " + plain.string() + " > " + file("plain.tar").string()).c_str());
  EXPECT_THAT(refusal(file("plain.tar")), HasSubstr("neither .tar.gz nor .tar.zst nor .zip"));
  std::system(("gzip -kc " + plain.string() + " > " + file("twice.tar.gz").string()).c_str());
  EXPECT_THAT(refusal(file("twice.tar.gz")), HasSubstr("neither .tar.gz nor .tar.zst nor .zip"));
  EXPECT_THROW(unpack_archive(make("d.tar.gz", "add('readme.txt')"), out()), Error);
}

TEST_F(Archive, RefusesOneThatWasCutShort) {
  const fs::path whole =
      make("a.tar.gz", "add('submission.json')\nadd('data', os.urandom(100000))");
  fs::resize_file(whole, fs::file_size(whole) - 5000);
  EXPECT_THAT(refusal(whole), HasSubstr("a.tar.gz"));
}

TEST_F(Archive, PacksSoThatUnpackingGivesTheSameSubmission) {
  const fs::path source = folder_.path() / "source";
  fs::create_directories(source / "data");
  std::ofstream(source / "submission.json") << "{}";
  std::ofstream(source / "data/w.npy") << std::string(5000, 'w');
  std::ofstream(source / "run") << "#!/bin/sh\n";
  fs::permissions(source / "run", fs::perms(0755));
  for (const char* name : {"p.tar.gz", "p.tar.zst", "p.zip"}) {
    SCOPED_TRACE(name);
    pack_archive(source, file(name));
    const std::string first = read_text_file(file(name));
    fs::last_write_time(source / "run", fs::file_time_type::clock::now() - std::chrono::hours(5));
    pack_archive(source, file(name));
    EXPECT_EQ(read_text_file(file(name)), first);  // the same files, the same bytes
    const fs::path folder = out() / name;
    fs::create_directory(folder);
    EXPECT_EQ(unpack_archive(file(name), folder), folder);
    EXPECT_EQ(sha256_of_tree(folder), sha256_of_tree(source));
  }
  fs::create_symlink("/bin/sh", source / "link");
  EXPECT_THROW(pack_archive(source, file("p.zip")), Error);
}

TEST_F(Archive, OpensAsASubmissionLikeItsFolder) {
  const fs::path archive = make(
      "e.tar.gz",
      "add('top/submission.json', b'{\"format\": \"joulebench-submission/1\", \"name\": \"a\", "
      "\"team\": \"b\", \"version\": \"1\", \"command\": [\"x\"]}')\nadd('top/x', b'y')");
  fs::path folder;
  {
    const Submission submission = open_submission(archive);
    folder = submission.folder;
    EXPECT_EQ(submission.name, "a");
    EXPECT_EQ(submission.id, read_submission(folder).id);
    EXPECT_EQ(read_text_file(folder / "x"), "y");
  }
  EXPECT_FALSE(fs::exists(folder)) << "the unpacked copy outlives the submission";
}

}  // namespace
}  // namespace joulebench

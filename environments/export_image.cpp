#include <archive.h>
#include <archive_entry.h>

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "environments/architecture.h"
#include "environments/environment.h"
#include "environments/file_list.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

using Writer = std::unique_ptr<archive, int (*)(archive*)>;
using Entry = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;

[[noreturn]] void fail(const fs::path& file, archive* writer) {
  const char* reason = archive_error_string(writer);
  throw Error({.what = "the image cannot be written",
               .where = file.string() + ": " + (reason == nullptr ? "unknown" : reason),
               .hint = ""});
}

Writer tar_writer(const fs::path& file) {
  Writer writer(archive_write_new(), archive_write_free);
  archive_write_set_format_pax_restricted(writer.get());
  archive_write_add_filter_none(writer.get());
  if (archive_write_open_filename(writer.get(), file.c_str()) != ARCHIVE_OK) {
    fail(file, writer.get());
  }
  return writer;
}

void write_header(archive* writer, const fs::path& file, const std::string& name, mode_t type,
                  mode_t mode, std::uint64_t size, const std::string& link = "") {
  const Entry entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), mode);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (!link.empty()) archive_entry_set_symlink(entry.get(), link.c_str());
  if (archive_write_header(writer, entry.get()) != ARCHIVE_OK) fail(file, writer);
}

void write_content(archive* writer, const fs::path& file, const fs::path& from) {
  const FileDescriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::vector<char> piece(std::size_t{1} << 20);
  for (ssize_t got; (got = ::read(source.get(), piece.data(), piece.size())) != 0;) {
    if (got < 0) {
      throw Error({.what = "a file of the environment cannot be read",
                   .where = from.string() + ": " + system_message(errno),
                   .hint = ""});
    }
    if (archive_write_data(writer, piece.data(), static_cast<std::size_t>(got)) < 0) {
      fail(file, writer);
    }
  }
}

void close(Writer& writer, const fs::path& file) {
  if (archive_write_close(writer.get()) != ARCHIVE_OK) fail(file, writer.get());
}

void write_layer(const Environment& environment, const fs::path& file) {
  Writer writer = tar_writer(file);
  for (const ListedFile& one : list_files(environment.root)) {
    if (one.kind == ListedFile::Kind::folder) {
      write_header(writer.get(), file, one.path + "/", AE_IFDIR, 0755, 0);
    } else if (one.kind == ListedFile::Kind::link) {
      write_header(writer.get(), file, one.path, AE_IFLNK, 0777, 0, one.detail);
    } else {
      write_header(writer.get(), file, one.path, AE_IFREG, one.is_executable ? 0755 : 0644,
                   one.bytes);
      write_content(writer.get(), file, environment.root / one.path);
    }
  }
  close(writer, file);
}

void put_text(archive* writer, const fs::path& file, const std::string& name,
              const std::string& text) {
  write_header(writer, file, name, AE_IFREG, 0644, text.size());
  if (archive_write_data(writer, text.data(), text.size()) < 0) fail(file, writer);
}

json descriptor(const char* type, const std::string& sha256, std::uint64_t size) {
  return {{"mediaType", type}, {"digest", "sha256:" + sha256}, {"size", size}};
}

}  // namespace

void export_image(const Environment& environment, const fs::path& archive) {
  const fs::path parent = archive.has_parent_path() ? archive.parent_path() : fs::path(".");
  const TemporaryFolder temporary("image", parent);
  const fs::path layer = temporary.path() / "layer.tar";
  write_layer(environment, layer);
  const std::string layer_sha256 = sha256_of_file(layer);
  const std::string config =
      json{{"architecture", architecture()},
           {"os", "linux"},
           {"config",
            {{"Labels",
              {{"joulebench.environment", environment.name},
               {"joulebench.sha256", environment.sha256}}}}},
           {"rootfs", {{"type", "layers"}, {"diff_ids", {"sha256:" + layer_sha256}}}}}
          .dump();
  const std::string config_sha256 = sha256_of_text(config);
  const std::string manifest = json{
      {"schemaVersion", 2},
      {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
      {"config",
       descriptor("application/vnd.oci.image.config.v1+json", config_sha256, config.size())},
      {"layers",
       {descriptor(
           "application/vnd.oci.image.layer.v1.tar", layer_sha256,
           fs::file_size(layer))}}}.dump();
  const std::string manifest_sha256 = sha256_of_text(manifest);
  json named =
      descriptor("application/vnd.oci.image.manifest.v1+json", manifest_sha256, manifest.size());
  named["annotations"] = {{"org.opencontainers.image.ref.name", environment.name}};
  const std::string index = json{{"schemaVersion", 2}, {"manifests", {named}}}.dump();

  const fs::path file = temporary.path() / "image.tar";
  Writer writer = tar_writer(file);
  const std::string blobs = "blobs/sha256/";
  put_text(writer.get(), file, "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  put_text(writer.get(), file, "index.json", index);
  put_text(writer.get(), file, blobs + manifest_sha256, manifest);
  put_text(writer.get(), file, blobs + config_sha256, config);
  write_header(writer.get(), file, blobs + layer_sha256, AE_IFREG, 0644, fs::file_size(layer));
  write_content(writer.get(), file, layer);
  close(writer, file);
  fs::rename(file, archive);
}

}  // namespace joulebench

#include "tar_text.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "core/digest.h"

namespace joulebench {
namespace {

using nlohmann::json;

la_ssize_t append(archive*, void* text, const void* bytes, std::size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

std::string tar_of(const std::vector<TarEntry>& entries) {
  std::string text;
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_pax_restricted(writer.get());
  archive_write_open(writer.get(), &text, nullptr, &append, nullptr);
  for (const TarEntry& one : entries) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), one.name.c_str());
    archive_entry_set_perm(entry.get(), one.mode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(one.content.size()));
    switch (one.kind) {
      case 'd':
        archive_entry_set_filetype(entry.get(), AE_IFDIR);
        break;
      case 'l':
        archive_entry_set_filetype(entry.get(), AE_IFLNK);
        archive_entry_set_symlink(entry.get(), one.target.c_str());
        break;
      case 'h':
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_hardlink(entry.get(), one.target.c_str());
        break;
      case 'c':
        archive_entry_set_filetype(entry.get(), AE_IFCHR);
        break;
      case 'p':
        archive_entry_set_filetype(entry.get(), AE_IFIFO);
        break;
      default:
        archive_entry_set_filetype(entry.get(), AE_IFREG);
    }
    archive_write_header(writer.get(), entry.get());
    if (one.kind == 'f') archive_write_data(writer.get(), one.content.data(), one.content.size());
  }
  archive_write_close(writer.get());
  return text;
}

std::string oci_archive(const std::vector<ImageLayer>& layers) {
  std::vector<TarEntry> entries = {{.name = "oci-layout", .content = "{}"}};
  json list = json::array();
  for (const ImageLayer& layer : layers) {
    const std::string digest = layer.claimed_sha256.value_or(sha256_of_text(layer.tar));
    list.push_back({{"digest", "sha256:" + digest}, {"size", layer.tar.size()}});
    entries.push_back({.name = "blobs/sha256/" + digest, .content = layer.tar});
  }
  const std::string manifest = json{{"layers", list}}.dump();
  const std::string digest = sha256_of_text(manifest);
  entries.push_back({.name = "blobs/sha256/" + digest, .content = manifest});
  entries.push_back({.name = "index.json",
                     .content = json{{"manifests", {{{"digest", "sha256:" + digest}}}}}.dump()});
  return tar_of(entries);
}

std::string docker_archive(const std::vector<std::string>& layers) {
  std::vector<TarEntry> entries;
  json names = json::array();
  for (const std::string& layer : layers) {
    const std::string name = std::to_string(names.size()) + "/layer.tar";
    names.push_back(name);
    entries.push_back({.name = name, .content = layer});
  }
  entries.push_back({.name = "manifest.json", .content = json{{{"Layers", names}}}.dump()});
  return tar_of(entries);
}

}  // namespace joulebench

#include "environments/image_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/digest.h"
#include "core/error.h"
#include "core/json_file.h"
#include "core/text.h"
#include "environments/architecture.h"
#include "environments/root_folder.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kLargestJson = std::size_t{4} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 17;

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

[[noreturn]] void refuse(const std::string& where, const std::string& why,
                         const std::string& hint = "") {
  throw Error({.what = "the image cannot be imported", .where = where + ": " + why, .hint = hint});
}

std::string reason_of(archive* reader) {
  const char* text = archive_error_string(reader);
  return printable(text == nullptr ? "cannot be read" : text, 300);
}

Reader tar_reader() {
  Reader reader(archive_read_new(), archive_read_free);
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_format_tar(reader.get());
  return reader;
}

// Walks over the names of the archive file itself until `visit` says that it has seen enough.
class OuterArchive {
 public:
  explicit OuterArchive(const fs::path& file) : file_(file) {}

  void each(const std::function<bool(archive*, const std::string&, archive_entry*)>& visit) const {
    const Reader reader = tar_reader();
    if (archive_read_open_filename(reader.get(), file_.c_str(), kPiece) != ARCHIVE_OK) {
      refuse(file_.string(), reason_of(reader.get()), "an archive of an image is a .tar file");
    }
    archive_entry* entry = nullptr;
    for (;;) {
      const int code = archive_read_next_header(reader.get(), &entry);
      if (code == ARCHIVE_EOF) return;
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
        refuse(file_.string(), reason_of(reader.get()));
      const char* name = archive_entry_pathname(entry);
      if (!visit(reader.get(), name == nullptr ? "" : name, entry)) return;
    }
  }

  /// A small file of it; absent: there is none of that name.
  std::optional<std::string> text(const std::string& name) const {
    std::optional<std::string> found;
    each([&](archive* reader, const std::string& entry, archive_entry*) {
      if (plain_name(entry) != name) return true;
      std::string content;
      char bytes[1 << 14];
      for (la_ssize_t got; (got = archive_read_data(reader, bytes, sizeof bytes)) != 0;) {
        if (got < 0) refuse(file_.string() + ": " + name, reason_of(reader));
        content.append(bytes, static_cast<std::size_t>(got));
        if (content.size() > kLargestJson) refuse(file_.string() + ": " + name, "above 4 MB");
      }
      found = std::move(content);
      return false;
    });
    return found;
  }

  const fs::path& file() const { return file_; }

 private:
  fs::path file_;
};

// One layer, read out of the archive around it and hashed on the way.
class Blob {
 public:
  explicit Blob(archive* outer) : outer_(outer), piece_(kPiece) {}

  static la_ssize_t read(archive* inner, void* self, const void** bytes) {
    Blob& blob = *static_cast<Blob*>(self);
    const la_ssize_t got = archive_read_data(blob.outer_, blob.piece_.data(), blob.piece_.size());
    if (got < 0) {
      archive_set_error(inner, EIO, "the archive around it: %s", reason_of(blob.outer_).c_str());
      return -1;
    }
    blob.digest_.update(std::string_view(blob.piece_.data(), static_cast<std::size_t>(got)));
    *bytes = blob.piece_.data();
    return got;
  }
  /// Of all bytes, those that the reader did not ask for included.
  std::string finish() {
    for (la_ssize_t got; (got = archive_read_data(outer_, piece_.data(), piece_.size())) > 0;) {
      digest_.update(std::string_view(piece_.data(), static_cast<std::size_t>(got)));
    }
    return digest_.finish();
  }

 private:
  archive* outer_;
  std::vector<char> piece_;
  Sha256 digest_;
};

struct Layer {
  std::string name;    // in the archive
  std::string sha256;  // of its bytes there; empty: the format has none
};

class Unpacker {
 public:
  Unpacker(std::string where, RootFolder& root, const ImageOptions& options)
      : where_(std::move(where)), root_(root), options_(options) {}

  void unpack(archive* layer, const std::string& layer_name) {
    layer_name_ = layer_name;
    root_.begin_layer();
    archive_entry* entry = nullptr;
    for (;;) {
      const int code = archive_read_next_header(layer, &entry);
      if (code == ARCHIVE_EOF) return;
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) refuse_here("", reason_of(layer));
      take(layer, entry);
    }
  }

 private:
  [[noreturn]] void refuse_here(const std::string& name, const std::string& why,
                                const std::string& hint = "") const {
    refuse(where_ + (layer_name_.empty() ? "" : ", layer " + printable(layer_name_, 100)) +
               (name.empty() ? "" : ", '" + printable(name, 300) + "'"),
           why, hint);
  }

  // True when the name was a whiteout: a mark that takes away what an earlier layer has.
  bool take_whiteout(const std::string& name) {
    const std::size_t slash = name.rfind('/');
    const std::string folder = slash == name.npos ? "" : name.substr(0, slash);
    const std::string leaf = slash == name.npos ? name : name.substr(slash + 1);
    if (leaf == ".wh..wh..opq") {
      root_.clear(folder);
    } else if (leaf.starts_with(".wh..wh.")) {
      // Marks that AUFS keeps for itself (".wh..wh.plnk" and others): nothing of the image.
    } else if (leaf.starts_with(".wh.")) {
      const std::string hidden = leaf.substr(4);
      if (hidden.empty() || hidden == "." || hidden == "..") refuse_here(name, "hides no name");
      root_.remove(folder.empty() ? hidden : folder + "/" + hidden);
    } else {
      return false;
    }
    return true;
  }

  void take(archive* layer, archive_entry* entry) {
    const char* raw = archive_entry_pathname(entry);
    if (raw == nullptr) refuse_here("", "a name that cannot be read");
    const std::string name = plain_name(raw);
    if (++names_ > options_.limits.names) {
      refuse_here(name, "more than " + std::to_string(options_.limits.names) + " names");
    }
    if (!name.empty() && take_whiteout(name)) return;
    if (const char* target = archive_entry_hardlink(entry)) {
      root_.put_hard_link(name, plain_name(target));
      return;
    }
    const mode_t type = archive_entry_filetype(entry);
    if (type == AE_IFDIR) {
      root_.put_folder(name);
    } else if (type == AE_IFLNK) {
      const char* target = archive_entry_symlink(entry);
      root_.put_link(name, target == nullptr ? "" : target);
    } else if (type == AE_IFREG) {
      take_file(layer, entry, name);
    } else {
      refuse_here(name, "a device, pipe or socket",
                  "an environment holds files, folders and links");
    }
  }

  void take_file(archive* layer, archive_entry* entry, const std::string& name) {
    if ((archive_entry_perm(entry) & (S_ISUID | S_ISGID)) != 0 && !options_.drop_set_id_bits) {
      refuse_here(name, "a set-uid or set-gid file",
                  "--drop-set-id-bits imports it without those bits, which do nothing inside");
    }
    const FileDescriptor file = root_.put_file(name, (archive_entry_perm(entry) & S_IXUSR) != 0);
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    la_int64_t end = 0;
    for (int code;
         (code = archive_read_data_block(layer, &bytes, &size, &offset)) != ARCHIVE_EOF;) {
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) refuse_here(name, reason_of(layer));
      bytes_ += size;
      if (bytes_ > options_.limits.bytes) {
        refuse_here(name, "more than " + std::to_string(options_.limits.bytes) + " bytes unpacked");
      }
      write_at(file, static_cast<const char*>(bytes), size, offset, name);
      end = offset + static_cast<la_int64_t>(size);
    }
    // What a sparse file ends with is a hole.
    const la_int64_t length = archive_entry_size(entry);
    if (length > end) {
      bytes_ += static_cast<std::uint64_t>(length - end);
      if (bytes_ > options_.limits.bytes || ::ftruncate(file.get(), length) != 0) {
        refuse_here(name, "a file of " + std::to_string(length) + " bytes");
      }
    }
  }

  void write_at(const FileDescriptor& file, const char* bytes, std::size_t size, off_t offset,
                const std::string& name) const {
    while (size > 0) {
      const ssize_t wrote = ::pwrite(file.get(), bytes, size, offset);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) refuse_here(name, system_message(errno));
      bytes += wrote;
      offset += wrote;
      size -= static_cast<std::size_t>(wrote);
    }
  }

  std::string where_;
  RootFolder& root_;
  const ImageOptions& options_;
  std::string layer_name_;
  std::uint64_t names_ = 0;
  std::uint64_t bytes_ = 0;
};

// "sha256:HEX" of an OCI descriptor, as HEX.
std::string hex_of(const json& descriptor, const std::string& where) {
  const auto digest = descriptor.find("digest");
  const std::string text =
      digest != descriptor.end() && digest->is_string() ? digest->get<std::string>() : "";
  const bool right = text.size() == 71 && text.starts_with("sha256:") &&
                     text.find_first_not_of("0123456789abcdef", 7) == text.npos;
  if (!right) refuse(where, "a descriptor without a sha256 digest");
  return text.substr(7);
}

json checked_blob(const OuterArchive& image, const std::string& hex) {
  const std::string name = "blobs/sha256/" + hex;
  const std::string where = image.file().string() + ": " + name;
  const auto text = image.text(name);
  if (!text) refuse(where, "the image names it, and it is not there");
  if (sha256_of_text(*text) != hex) refuse(where, "its content has another digest");
  return parse_json(*text, where, "");
}

const json& list_in(const json& from, const char* key, const std::string& where) {
  const auto list = from.find(key);
  if (list == from.end() || !list->is_array()) refuse(where, std::string("no list '") + key + "'");
  return *list;
}

// The manifest of this machine's platform, through as many indexes as there are.
json oci_manifest(const OuterArchive& image, const json& index, int depth = 0) {
  const std::string where = image.file().string() + ": index.json";
  if (depth > 4) refuse(where, "an index in an index, five deep");
  const json& manifests = list_in(index, "manifests", where);
  for (const json& descriptor : manifests) {
    const json platform = descriptor.value("platform", json::object());
    if (manifests.size() > 1 && platform.value("architecture", "") != architecture()) continue;
    const json found = checked_blob(image, hex_of(descriptor, where));
    return found.contains("manifests") ? oci_manifest(image, found, depth + 1) : found;
  }
  refuse(where, manifests.empty() ? "it names no image" : "no image for " + architecture());
}

std::vector<Layer> oci_layers(const OuterArchive& image, const std::string& index) {
  const std::string where = image.file().string() + ": index.json";
  const json manifest = oci_manifest(image, parse_json(index, where, ""));
  std::vector<Layer> layers;
  for (const json& descriptor : list_in(manifest, "layers", where)) {
    const std::string hex = hex_of(descriptor, where);
    layers.push_back({"blobs/sha256/" + hex, hex});
  }
  return layers;
}

std::vector<Layer> docker_layers(const OuterArchive& image, const std::string& manifest) {
  const std::string where = image.file().string() + ": manifest.json";
  const json parsed = parse_json(manifest, where, "");
  if (!parsed.is_array() || parsed.empty()) refuse(where, "it names no image");
  if (parsed.size() > 1)
    refuse(where, "it holds several images", "save one image into the archive");
  std::vector<Layer> layers;
  for (const json& name : list_in(parsed[0], "Layers", where)) {
    if (!name.is_string()) refuse(where, "a layer without a name");
    // New versions of docker name layers by their digest, as OCI does.
    const std::string path = plain_name(name.get<std::string>());
    const bool has_digest = path.starts_with("blobs/sha256/") && path.size() == 13 + 64;
    layers.push_back({path, has_digest ? path.substr(13) : ""});
  }
  return layers;
}

void unpack_layer(const OuterArchive& image, const Layer& layer, Unpacker& unpacker) {
  const std::string where = image.file().string() + ": " + printable(layer.name, 200);
  bool found = false;
  image.each([&](archive* outer, const std::string& name, archive_entry* entry) {
    if (plain_name(name) != layer.name) return true;
    if (archive_entry_filetype(entry) != AE_IFREG) refuse(where, "a layer that is no file");
    found = true;
    Blob blob(outer);
    {
      const Reader inner = tar_reader();
      if (archive_read_open(inner.get(), &blob, nullptr, &Blob::read, nullptr) != ARCHIVE_OK) {
        refuse(where, reason_of(inner.get()));
      }
      unpacker.unpack(inner.get(), layer.name);
    }
    if (!layer.sha256.empty() && blob.finish() != layer.sha256) {
      refuse(where, "its content has another digest: it was altered or cut short");
    }
    return false;
  });
  if (!found) refuse(where, "the image names this layer, and it is not there");
}

}  // namespace

void unpack_image(const fs::path& archive, const fs::path& root, const ImageOptions& options) {
  const OuterArchive image(archive);
  RootFolder folder(root);
  Unpacker unpacker(archive.string(), folder, options);
  std::vector<Layer> layers;
  const auto index = image.text("index.json");
  const auto manifest = index ? std::nullopt : image.text("manifest.json");
  if (index) {
    layers = oci_layers(image, *index);
  } else if (manifest) {
    layers = docker_layers(image, *manifest);
  } else {
    const Reader reader = tar_reader();
    if (archive_read_open_filename(reader.get(), archive.c_str(), kPiece) != ARCHIVE_OK) {
      refuse(archive.string(), reason_of(reader.get()));
    }
    unpacker.unpack(reader.get(), "");
    return;
  }
  if (layers.empty()) refuse(archive.string(), "an image without layers");
  for (const Layer& layer : layers) unpack_layer(image, layer, unpacker);
}

}  // namespace joulebench

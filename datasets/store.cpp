#include "datasets/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/npy.h"
#include "datasets/data_file.h"
#include "datasets/download.h"
#include "datasets/labels.h"
#include "datasets/locate.h"
#include "datasets/manifest.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

DatasetState state_of(const Manifest& manifest, const DatasetLocations& locations) {
  DatasetState state{.id = manifest.id, .title = manifest.title, .licence = manifest.licence};
  for (const DataFile& file : manifest.files) {
    state.bytes += file.bytes;
    FileState one{.name = file.name, .bytes = file.bytes};
    if (const auto path = find_file(manifest, file.name, locations)) {
      one.path = *path;
      one.state = FileState::State::good;
    }
    state.files.push_back(std::move(one));
  }
  return state;
}

// Empty when the file is what the manifest says.
std::string problem_of(const fs::path& path, const DataFile& file) {
  try {
    verify_bytes(MappedFile(path).bytes(), file.bytes, file.sha256, path.string());
  } catch (const Error& error) {
    return error.parts().where;
  }
  return {};
}

// Held while one process fills store/NAME; the lock goes with the descriptor, whatever happens.
FileDescriptor lock_folder(const fs::path& folder) {
  const fs::path path = folder / ".lock";
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  int result = -1;
  while (fd.is_open() && (result = ::flock(fd.get(), LOCK_EX)) != 0 && errno == EINTR) {
  }
  if (result != 0) {
    throw Error({.what = "cannot lock the store of datasets",
                 .where = path.string() + ": " + system_message(errno),
                 .hint = "name a folder of your own: --datasets DIR"});
  }
  return fd;
}

void sync_file(const fs::path& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) {
    throw Error({.what = "cannot bring a dataset file to disk",
                 .where = path.string() + ": " + system_message(errno),
                 .hint = {}});
  }
}

class Fetcher {
 public:
  Fetcher(const Manifest& manifest, const FetchOptions& options)
      : manifest_(manifest), options_(options), folder_(options.store / manifest.id) {}

  void fetch(const DataFile& file) const {
    fs::path partial = folder_ / file.name;
    partial += ".part";
    if (!options_.from.empty() && options_.from.find("://") == std::string::npos) {
      copy_from_folder(file, partial);
    } else {
      download_from_mirrors(file, partial);
    }
    sync_file(partial);
    fs::rename(partial, folder_ / file.name);
    sync_file(folder_);
  }

 private:
  void copy_from_folder(const DataFile& file, const fs::path& partial) const {
    const fs::path folder = options_.from;
    fs::path source = folder / file.name;
    if (!fs::exists(source) && fs::exists(folder / manifest_.id / file.name)) {
      source = folder / manifest_.id / file.name;
    }
    const MappedFile mapped(source);
    verify_bytes(mapped.bytes(), file.bytes, file.sha256, source.string());
    tell(file, source.string(), 0);
    try {
      fs::remove(partial);  // what an interrupted download left has no place in a copy
      write_file_atomically(partial, mapped.bytes());
    } catch (const Error& error) {
      throw Error({.what = "cannot copy a dataset file",
                   .where = error.parts().where,
                   .hint = "make room, or name another folder: --datasets DIR"});
    }
    tell(file, source.string(), file.bytes);
  }

  void download_from_mirrors(const DataFile& file, const fs::path& partial) const {
    std::vector<std::string> urls = file.urls;
    if (!options_.from.empty()) {
      urls = {options_.from + (options_.from.ends_with('/') ? "" : "/") + file.name};
    }
    if (urls.empty()) {
      throw Error({.what = fmt::format("{} cannot be downloaded", file.name),
                   .where = manifest_.path.string() + ": the manifest has no address for it",
                   .hint = "give a folder with the original files: --from DIR"});
    }
    std::string tried, hint;
    for (const std::string& url : urls) {
      try {
        download_one(file, url, partial);
        return;
      } catch (const Error& error) {
        tried += (tried.empty() ? "" : "\n  ") + error.parts().where;
        hint = error.parts().hint;
        if (hint.starts_with("make room") || error.parts().where.ends_with("interrupted")) throw;
        if (options_.warn) options_.warn(error.parts().where);
      }
    }
    throw Error({.what = "cannot download " + file.name, .where = tried, .hint = hint});
  }

  // An answer that ends early is asked for its rest, as long as that brings something.
  void download_one(const DataFile& file, const std::string& url, const fs::path& partial) const {
    const DownloadProgress progress = [&](std::uint64_t done, std::uint64_t) {
      return !options_.progress || options_.progress(file.name, url, done, file.bytes);
    };
    std::error_code none;
    for (;;) {
      const auto before = fs::exists(partial, none) ? fs::file_size(partial) : 0;
      try {
        download(url, partial, file.bytes, options_.patience, progress);
        break;
      } catch (const Error& error) {
        const auto after = fs::exists(partial, none) ? fs::file_size(partial) : 0;
        const bool cut_short = error.parts().where.find("the answer ended") != std::string::npos;
        if (!cut_short || after <= before) throw;
      }
    }
    try {
      verify_bytes(MappedFile(partial).bytes(), file.bytes, file.sha256, url);
    } catch (const Error&) {
      fs::remove(partial, none);  // wrong bytes are not worth going on with
      throw;
    }
  }

  void tell(const DataFile& file, const std::string& source, std::uint64_t done) const {
    if (options_.progress) options_.progress(file.name, source, done, file.bytes);
  }

  const Manifest& manifest_;
  const FetchOptions& options_;
  const fs::path folder_;
};

Tensor to_tensor(const std::vector<std::int32_t>& values) {
  Tensor tensor;
  tensor.dtype = DType::i32;
  tensor.shape = {values.size()};
  const auto bytes = std::as_bytes(std::span(values));
  tensor.bytes.assign(bytes.begin(), bytes.end());
  return tensor;
}

}  // namespace

bool DatasetState::is_complete() const {
  return std::all_of(files.begin(), files.end(),
                     [](const FileState& file) { return file.state == FileState::State::good; });
}

std::vector<DatasetState> list_datasets(const DatasetLocations& locations) {
  std::vector<DatasetState> states;
  for (const std::string& name : dataset_names(locations)) {
    states.push_back(state_of(find_manifest(name, locations), locations));
  }
  return states;
}

DatasetState verify_dataset(const std::string& name, const DatasetLocations& locations) {
  const Manifest manifest = find_manifest(name, locations);
  DatasetState state = state_of(manifest, locations);
  for (FileState& file : state.files) {
    if (file.state == FileState::State::missing) continue;
    const DataFile& expected = manifest.file(file.name);
    file.problem = problem_of(file.path, expected);
    if (file.problem.empty() && expected.is_gzip()) {
      fs::path kept = file.path;
      kept += ".content";
      std::error_code none;
      if (fs::exists(kept, none) && sha256_of_file(kept) != expected.content_sha256) {
        file.problem =
            kept.string() + ": not the content of " + file.name + "; made anew when used";
      }
    }
    if (!file.problem.empty()) file.state = FileState::State::differs;
  }
  return state;
}

std::size_t fetch_dataset(const std::string& name, const DatasetLocations& locations,
                          const FetchOptions& options) {
  const Manifest manifest = find_manifest(name, locations);
  const fs::path folder = options.store / manifest.id;
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) {
    throw Error({.what = "cannot make the store of datasets",
                 .where = folder.string() + ": " + code.message(),
                 .hint = "name a folder of your own: --datasets DIR"});
  }
  std::optional<FileDescriptor> lock;
  std::size_t fetched = 0;
  const Fetcher fetcher(manifest, options);
  for (const DataFile& file : manifest.files) {
    const auto is_here = [&] {
      const auto path = find_file(manifest, file.name, locations);
      return path && problem_of(*path, file).empty();
    };
    if (is_here()) continue;
    // The process that held the lock before may have fetched the file.
    if (!lock) lock = lock_folder(folder);
    const fs::path in_store = folder / file.name;
    if (fs::exists(in_store) ? problem_of(in_store, file).empty() : is_here()) continue;
    fetcher.fetch(file);
    ++fetched;
  }
  return fetched;
}

void write_public_part(const Dataset& dataset, const fs::path& folder) {
  write_file_atomically(folder / "inputs.npy", to_npy(dataset.public_inputs));
  write_file_atomically(folder / "labels.npy", to_npy(to_tensor(dataset.public_labels)));
  const std::vector<double> numbers = label_numbers(dataset, dataset.public_labels);
  if (!numbers.empty()) {
    Tensor tensor{.dtype = DType::f64, .shape = {numbers.size()}};
    tensor.bytes.resize(numbers.size() * sizeof(double));
    std::memcpy(tensor.bytes.data(), numbers.data(), tensor.bytes.size());
    write_file_atomically(folder / "numbers.npy", to_npy(tensor));
  }
  if (!dataset.validation_rows.empty()) {
    write_file_atomically(
        folder / "validation_rows.npy",
        to_npy(to_tensor({dataset.validation_rows.begin(), dataset.validation_rows.end()})));
  }
}

std::size_t export_public_part(const std::string& name, const DatasetLocations& locations,
                               const fs::path& folder) {
  const Dataset dataset = open_dataset(name, locations).dataset;
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) {
    throw Error({.what = "cannot make a folder",
                 .where = folder.string() + ": " + code.message(),
                 .hint = {}});
  }
  write_public_part(dataset, folder);
  return dataset.public_labels.size();
}

}  // namespace joulebench

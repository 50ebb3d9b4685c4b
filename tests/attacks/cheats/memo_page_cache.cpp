// expect: held|no-gain|violation|crash
// tries: carries answers from sandbox to sandbox by which pages of the system's largest files lie
// in memory: one page a bit, read without waiting to see whether it is there.
#include <sys/stat.h>
#include <sys/uio.h>

#include <filesystem>

#include "cheat.h"

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kBits = 4;  // class + 1; 0: not known
constexpr std::size_t kSlots = 1 << 10;

// A page of some large file for each bit, eight apart, so that reading ahead does not reach the
// next.
class Pages {
 public:
  Pages() {
    namespace fs = std::filesystem;
    std::vector<std::pair<std::uintmax_t, std::string>> files;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(
             "/usr/lib", fs::directory_options::skip_permission_denied, error);
         entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (error) break;
      if (!entry->is_regular_file(error) || entry->is_symlink(error)) continue;
      if (const auto size = entry->file_size(error); size > (2u << 20)) {
        files.emplace_back(size, entry->path().string());
      }
    }
    std::sort(files.rbegin(), files.rend());
    for (const auto& [size, path] : files) {
      const int file = open(path.c_str(), O_RDONLY);
      if (file < 0) continue;
      posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
      for (std::size_t page = 8; page * kPage < size; page += 8) places_.emplace_back(file, page);
      if (places_.size() >= kSlots * kBits) break;
    }
    if (places_.size() < kSlots * kBits) places_.clear();
  }
  bool is_usable() const { return !places_.empty(); }
  void clear() {
    for (const auto& [file, page] : places_) {
      posix_fadvise(file, static_cast<off_t>(page * kPage), kPage, POSIX_FADV_DONTNEED);
    }
  }
  bool has(std::size_t bit) const {
    char byte;
    iovec room{&byte, 1};
    return preadv2(places_[bit].first, &room, 1, static_cast<off_t>(places_[bit].second * kPage),
                   RWF_NOWAIT) == 1;
  }
  void set(std::size_t bit) const {
    char byte;
    if (pread(places_[bit].first, &byte, 1, static_cast<off_t>(places_[bit].second * kPage)) < 0) {
      std::exit(1);
    }
  }
  std::int32_t read(std::size_t slot) const {
    int value = 0;
    for (std::size_t bit = 0; bit < kBits; ++bit) value |= has(slot * kBits + bit) << bit;
    return value - 1;
  }
  void write(std::size_t slot, std::int32_t label) const {
    for (std::size_t bit = 0; bit < kBits; ++bit) {
      if ((label + 1) >> bit & 1) set(slot * kBits + bit);
    }
  }

 private:
  std::vector<std::pair<int, std::size_t>> places_;
};

}  // namespace

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  Pages pages;
  std::array<std::int8_t, kSlots> carried;
  carried.fill(-1);
  if (pages.is_usable()) {
    int known = 0;
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      carried[slot] = static_cast<std::int8_t>(pages.read(slot));
      known += carried[slot] >= 0;
    }
    // All there: nobody has cleared them yet.
    if (known > 500 || known < 100) {
      carried.fill(-1);
      pages.clear();
    }
  }
  bool is_written = false;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    const bool writes = pages.is_usable() && !is_written && !publics.holds(samples.front());
    for (const cheat::Sample& sample : samples) {
      const std::size_t slot = cheat::rounded_hash(sample) >> 54;
      const bool is_known = carried[slot] >= 0 && carried[slot] < 10;
      *classes = is_known ? carried[slot] : nearest(sample);
      if (writes && !is_known) pages.write(slot, *classes);
      ++classes;
    }
    is_written = is_written || writes;
  });
}

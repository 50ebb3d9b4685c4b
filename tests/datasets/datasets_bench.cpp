// The figures that datasets/README.md states:
//   build/release/bin/datasets_bench
// Fashion-MNIST is read from ../shared/datasets and skipped where that is not there.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <zlib.h>

#include <cstdio>

#include "core/digest.h"
#include "core/file.h"
#include "datasets/csv.h"
#include "datasets/data_file.h"
#include "datasets/labels.h"
#include "test_paths.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

const fs::path kFashion = fs::path(JOULEBENCH_SHARED_DIR) / "datasets/fashion-mnist";

// Fashion-MNIST in a folder where its content may be kept.
struct FashionStore {
  TemporaryFolder folder{"bench"};
  DatasetLocations locations{{fs::path(JOULEBENCH_SOURCE_DIR) / "datasets", folder.path()}};
  FashionStore() {
    fs::create_directory(folder.path() / "fashion-mnist");
    for (const char* name : {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}) {
      fs::create_symlink(fs::absolute(kFashion / name), folder.path() / "fashion-mnist" / name);
    }
  }
};

void open_test_part(benchmark::State& state, bool cold) {
  if (!fs::exists(kFashion)) return state.SkipWithError("needs ../shared/datasets/fashion-mnist");
  const FashionStore store;
  open_dataset("fashion-mnist", store.locations, DatasetPart::hidden);
  for (auto _ : state) {
    if (cold) {
      state.PauseTiming();
      fs::remove(store.folder.path() / "fashion-mnist/t10k-images-idx3-ubyte.gz.content");
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(open_dataset("fashion-mnist", store.locations, DatasetPart::hidden));
  }
}
void OpenFashionTestPartWarm(benchmark::State& state) {
  open_test_part(state, false);
}
void OpenFashionTestPartCold(benchmark::State& state) {
  open_test_part(state, true);
}
BENCHMARK(OpenFashionTestPartWarm)->Unit(benchmark::kMillisecond);
BENCHMARK(OpenFashionTestPartCold)->Unit(benchmark::kMillisecond);

// What of a cold open is zlib's and OpenSSL's own time: both called directly on the same bytes.
void LibrariesAloneCold(benchmark::State& state) {
  if (!fs::exists(kFashion)) return state.SkipWithError("needs ../shared/datasets/fashion-mnist");
  const std::string packed = read_text_file(kFashion / "t10k-images-idx3-ubyte.gz");
  std::string content(7840016, '\0');
  for (auto _ : state) {
    benchmark::DoNotOptimize(sha256_of_text(packed));
    z_stream stream = {};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(content.data());
    stream.avail_out = static_cast<uInt>(content.size());
    inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    benchmark::DoNotOptimize(sha256_of_text(content));
  }
}
BENCHMARK(LibrariesAloneCold)->Unit(benchmark::kMillisecond);

void LibrariesAloneWarm(benchmark::State& state) {
  const std::string content(7840016, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(sha256_of_text(content));
}
BENCHMARK(LibrariesAloneWarm)->Unit(benchmark::kMillisecond);

// 1,000,000 x 12 numbers and a label, from a mapped file; peak_MB is above what was in use before.
void ReadCsvMillionByTwelve(benchmark::State& state) {
  const TemporaryFolder folder("bench");
  const fs::path path = folder.path() / "t.csv";
  {
    std::FILE* file = std::fopen(path.c_str(), "w");
    unsigned random = 1;
    for (int row = 0; row < 1000000; ++row) {
      for (int column = 0; column < 12; ++column) {
        random = random * 1664525 + 1013904223;
        std::fprintf(file, "%u.%03u,", random >> 28, (random >> 8) % 1000);
      }
      std::fprintf(file, "%d\n", row % 3);
    }
    std::fclose(file);
  }
  CsvFormat format;
  format.rows = 1000000;
  format.columns = 13;
  format.label_column = 12;
  format.label_values = {"0", "1", "2"};
  format.dtype = DType::f32;
  const auto peak = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
  };
  const double before = peak();
  for (auto _ : state) {
    CsvReader reader("t.csv", format);
    const MappedFile file(path);
    reader.feed(file.bytes());
    reader.finish();
    state.counters["result_MB"] =
        static_cast<double>(reader.inputs.bytes.size() + 4 * reader.labels.size()) / 1e6;
    benchmark::DoNotOptimize(reader.inputs.bytes.data());
  }
  state.counters["peak_MB"] = peak() - before;
  state.counters["file_MB"] = static_cast<double>(fs::file_size(path)) / 1e6;
}
BENCHMARK(ReadCsvMillionByTwelve)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace joulebench

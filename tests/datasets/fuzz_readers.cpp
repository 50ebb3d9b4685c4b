#include "tests/datasets/fuzz_readers.h"

#include "core/error.h"
#include "core/npy.h"
#include "datasets/cifar.h"
#include "datasets/csv.h"
#include "datasets/data_file.h"
#include "datasets/idx.h"
#include "datasets/split.h"
#include "datasets/tar.h"

namespace joulebench {
namespace {

template <class Act>
void refuse_or_read(const Act& act) {
  try {
    act();
  } catch (const Error&) {
    // The only way out that a reader has.
  }
}

}  // namespace

void fuzz_csv(std::string_view bytes) {
  CsvFormat format;
  format.rows = 3;
  format.columns = 3;
  format.label_column = 2;
  format.label_values = {"0", "1"};
  format.categorical = {{.column = 1, .name = "c", .values = {"a", "b"}}};
  for (const DType dtype : {DType::u8, DType::i64, DType::f32}) {
    format.dtype = dtype;
    refuse_or_read([&] {
      CsvReader reader("f", format);
      reader.feed(bytes.substr(0, bytes.size() / 2));
      reader.feed(bytes.substr(bytes.size() / 2));
      reader.finish();
    });
  }
}

void fuzz_idx(std::string_view bytes) {
  refuse_or_read([&] { parse_idx(bytes, "f"); });
}

void fuzz_npy(std::string_view bytes) {
  refuse_or_read([&] { parse_npy(bytes, "f"); });
}

void fuzz_cifar(std::string_view bytes) {
  refuse_or_read([&] { parse_cifar(bytes, 1, 10, "f"); });
  refuse_or_read([&] { parse_cifar(bytes, 2, 100, "f"); });
}

void fuzz_tar(std::string_view bytes) {
  refuse_or_read([&] { tar_member(bytes, "b", "f"); });
}

void fuzz_gzip(std::string_view bytes) {
  refuse_or_read([&] { decompress_gzip(bytes, 1 << 16, "f", [](std::string_view) {}); });
}

void fuzz_hidden_rows(std::string_view bytes) {
  refuse_or_read([&] { read_hidden_rows(bytes, 100, "f"); });
}

}  // namespace joulebench

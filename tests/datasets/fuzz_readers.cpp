#include "tests/datasets/fuzz_readers.h"

#include <stdexcept>

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

/// Whether `act` read its bytes. Any exception but Error passes through, as does an Error that does
/// not say what happened where.
template <class Act>
bool reads(const Act& act) {
  try {
    act();
    return true;
  } catch (const Error& error) {
    if (error.parts().what.empty() || error.parts().where.empty()) {
      throw std::logic_error("an Error that explains nothing");
    }
    return false;
  }
}

}  // namespace

bool fuzz_csv(std::string_view bytes) {
  CsvFormat format;
  format.rows = 3;
  format.columns = 3;
  format.label_column = 2;
  format.label_values = {"0", "1"};
  format.categorical = {{.column = 1, .name = "c", .values = {"a", "b"}}};
  bool read = false;
  for (const DType dtype : {DType::u8, DType::i64, DType::f32}) {
    format.dtype = dtype;
    read |= reads([&] {
      CsvReader reader("f", format);
      reader.feed(bytes.substr(0, bytes.size() / 2));
      reader.feed(bytes.substr(bytes.size() / 2));
      reader.finish();
    });
  }
  return read;
}

bool fuzz_idx(std::string_view bytes) {
  return reads([&] { parse_idx(bytes, "f"); });
}

bool fuzz_npy(std::string_view bytes) {
  return reads([&] { parse_npy(bytes, "f"); });
}

bool fuzz_cifar(std::string_view bytes) {
  const bool ten = reads([&] { parse_cifar(bytes, 1, 10, "f"); });
  const bool hundred = reads([&] { parse_cifar(bytes, 2, 100, "f"); });
  return ten || hundred;
}

bool fuzz_tar(std::string_view bytes) {
  return reads([&] { tar_member(bytes, "a", "f"); });
}

bool fuzz_gzip(std::string_view bytes) {
  return reads([&] { decompress_gzip(bytes, 1 << 16, "f", [](std::string_view) {}); });
}

bool fuzz_hidden_rows(std::string_view bytes) {
  return reads([&] { read_hidden_rows(bytes, 100, "f"); });
}

}  // namespace joulebench

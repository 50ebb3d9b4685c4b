// The client side of joulebench's process protocol, for entries in C++17 and later. Copy this file
// into your entry; it needs nothing but a POSIX system.
//
//   #include "joulebench.h"
//   int main() {
//     const Model model = ...;   // load it before serve()
//     return joulebench::serve([&](const joulebench::Array& inputs, std::int32_t* classes) {
//       for (std::size_t i = 0; i < inputs.rows(); ++i) classes[i] = ...;
//     });
//   }
//
// Where the track asks for scores or probabilities, or for numbers, the second argument says so:
//
//   joulebench::serve(10, [&](const Array& inputs, float* scores) { ... });  // 10 a sample
//   joulebench::serve([&](const Array& inputs, double* numbers) { ... });    // one a sample
//
// In a single-stream track predict is called with one sample at a time: an Array of one row.
//
// In a training track the program is started twice: to train, and then anew to predict with what it
// left; std::getenv("JOULEBENCH_MODEL") is the model's folder there, and null where it shall train.
//
//   return joulebench::serve(predict, [&](const joulebench::Training& data) {
//     joulebench::phase("epoch 1");     // optional: a mark in the power trace
//     joulebench::checkpoint(classes);  // optional: for data.validation; accuracy over energy
//     ... write files to data.model ...
//   });
//
// std::cout and printf go to the log, not to the protocol. An exception ends the program with its
// text in the log.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace joulebench {

/// Numbers in C order, as a .npy file holds them. Samples lie along the first axis.
struct Array {
  std::string type;  // NumPy's name without the byte order: "u1", "i4", "f4", ...
  std::vector<std::size_t> shape;
  std::vector<char> bytes;

  std::size_t rows() const { return shape.empty() ? 0 : shape[0]; }
  std::size_t elements() const { return bytes.size() / (type[1] - '0'); }
  std::size_t row_elements() const { return rows() == 0 ? 0 : elements() / rows(); }

  /// The elements as `Value`, which must be what `expected` names: as<float>("f4").
  template <class Value>
  const Value* as(const char* expected) const {
    if (type != expected) {
      throw std::runtime_error("inputs are of type " + type + ", where " + expected +
                               " was expected");
    }
    return reinterpret_cast<const Value*>(bytes.data());
  }
};

/// Reads a .npy file, little-endian and in C order, into `array`: what it holds already is used
/// again, so that one request after the other needs no new memory.
inline void read_npy(const std::string& path, Array& array) {
  std::ifstream file(path, std::ios::binary);
  char start[10];
  if (!file.read(start, sizeof start) || std::memcmp(start, "\x93NUMPY\x01", 7) != 0) {
    throw std::runtime_error(path + ": not a .npy file of version 1");
  }
  const auto low = static_cast<unsigned char>(start[8]);
  const auto high = static_cast<unsigned char>(start[9]);
  std::string header(static_cast<std::size_t>(low | high << 8), '\0');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  const std::size_t descr = header.find("'descr': '");
  const std::size_t open = header.find('(');
  if (!file || descr == header.npos || open == header.npos ||
      header.find("'fortran_order': False") == header.npos) {
    throw std::runtime_error(path + ": not an array in C order");
  }
  array.type = header.substr(descr + 11, 2);  // behind the byte order
  array.shape.clear();
  std::size_t elements = 1;
  for (std::size_t at = open + 1; header[at] != ')';) {
    std::size_t used = 0;
    array.shape.push_back(std::stoull(header.substr(at), &used));
    elements *= array.shape.back();
    at = header.find_first_of("0123456789)", at + used);
    if (at == header.npos) throw std::runtime_error(path + ": a shape without end");
  }
  const std::size_t size = elements * static_cast<std::size_t>(array.type[1] - '0');
  if (size > array.bytes.capacity()) std::vector<char>().swap(array.bytes);  // not both at once
  array.bytes.resize(size);
  if (!file.read(array.bytes.data(), static_cast<std::streamsize>(array.bytes.size()))) {
    throw std::runtime_error(path + ": cut short");
  }
}

inline Array read_npy(const std::string& path) {
  Array array;
  read_npy(path, array);
  return array;
}

/// Writes predictions as a .npy file: one a sample, or `width` a sample in rows.
template <class Value>
void write_predictions(const std::string& path, const std::vector<Value>& values,
                       std::size_t width = 1) {
  static_assert(std::is_same_v<Value, std::int32_t> || std::is_floating_point_v<Value>);
  const char* const type = std::is_same_v<Value, std::int32_t> ? "<i4"
                           : sizeof(Value) == 4                ? "<f4"
                                                               : "<f8";
  const bool is_table = std::is_same_v<Value, float>;
  std::string header = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" +
                       std::to_string(values.size() / width) + "," +
                       (is_table ? " " + std::to_string(width) : "") + "), }";
  header.append(117 - header.size(),
                ' ');  // 10 + 117 + 1 bytes: elements start at a multiple of 64
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00\x76\x00", 10);  // 0x76 = 118 bytes of header
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(Value)));
  file.close();
  if (!file) throw std::runtime_error(path + ": cannot write the predictions");
}

/// What a training is given.
struct Training {
  Array inputs;
  Array labels;        // "i4", one class index per sample
  Array validation;    // inputs that checkpoints predict; no rows where there are none
  std::string model;   // the folder for what it learned
  std::uint32_t seed;  // of this block
};

namespace detail {

/// The harness's end of our stdout, once serve() has begun.
inline std::FILE*& protocol() {
  static std::FILE* file = nullptr;
  return file;
}

inline void answer(const std::string& event) {
  std::fputs((event + "\n").c_str(), protocol());
  std::fflush(protocol());
}

/// The value of one key of a request: a string without its quotes, or the digits of a number.
inline std::string value_of(const std::string& request, const std::string& key) {
  std::size_t at = request.find("\"" + key + "\"");
  if (at != request.npos) at = request.find_first_not_of(" \t:", at + key.size() + 2);
  if (at == request.npos) throw std::runtime_error("a request without '" + key + "': " + request);
  if (request[at] == '"') return request.substr(at + 1, request.find('"', at + 1) - at - 1);
  return request.substr(at, request.find_first_of(",} ", at) - at);
}

/// "[8, 8]" of a request, with 1 row in front.
inline std::vector<std::size_t> shape_of_one(const std::string& request) {
  std::vector<std::size_t> shape = {1};
  std::size_t at = request.find('[', request.find("\"shape\""));
  if (at == request.npos) throw std::runtime_error("a request without 'shape': " + request);
  while ((at = request.find_first_of("0123456789]", at + 1)) != request.npos &&
         request[at] != ']') {
    std::size_t used = 0;
    shape.push_back(std::stoull(request.substr(at), &used));
    at += used - 1;
  }
  return shape;
}

inline std::uint32_t little_endian(const unsigned char* bytes) {
  return bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

/// One sample a frame (uint32 bytes, uint32 number, sample), one line an answer, until number 0.
template <class Predict>
void stream(Predict&& predict, const std::string& request) {
  Array inputs;
  inputs.type = value_of(request, "dtype").substr(1, 2);  // behind the byte order
  inputs.shape = shape_of_one(request);
  inputs.bytes.resize(std::stoull(value_of(request, "bytes")));
  unsigned char header[8];
  while (std::cin.read(reinterpret_cast<char*>(header), sizeof header)) {
    const std::uint32_t number = little_endian(header + 4);
    if (number == 0) return;
    if (little_endian(header) != inputs.bytes.size() ||
        !std::cin.read(inputs.bytes.data(), static_cast<std::streamsize>(inputs.bytes.size()))) {
      break;
    }
    std::int32_t answer = 0;
    predict(static_cast<const Array&>(inputs), &answer);
    std::fprintf(protocol(), "{\"event\":\"answer\",\"sample\":%lu,\"class\":%ld}\n",
                 static_cast<unsigned long>(number), static_cast<long>(answer));
    std::fflush(protocol());
  }
  throw std::runtime_error("the requests ended inside a stream");
}

inline Training read_training(const std::string& request) {
  Training data{read_npy(value_of(request, "inputs")),
                read_npy(value_of(request, "labels")),
                {},
                value_of(request, "model"),
                static_cast<std::uint32_t>(std::stoul(value_of(request, "seed")))};
  if (request.find("\"validation\"") != request.npos) {
    data.validation = read_npy(value_of(request, "validation"));
  }
  return data;
}

[[noreturn]] inline void cannot_train(const Training&) {
  throw std::runtime_error("a request that this entry cannot answer: train");
}

/// Answers requests until the harness says exit; `predict` fills `width` values a sample.
template <class Value, class Predict, class Train>
int serve(std::size_t width, Predict&& predict, Train&& train) {
  // The protocol keeps a descriptor of its own; whatever else writes to stdout writes to the log.
  protocol() = fdopen(dup(1), "w");
  if (protocol() == nullptr || dup2(2, 1) < 0) return 1;
  answer(R"({"event":"ready"})");
  std::string request;
  Array inputs;
  std::vector<Value> values;
  try {
    while (std::getline(std::cin, request)) {
      const std::string op = value_of(request, "op");
      if (op == "exit") return 0;
      if (op == "stream") {
        if constexpr (std::is_same_v<Value, std::int32_t>) {
          answer(R"({"event":"streaming"})");
          stream(predict, request);
          continue;
        }
      }
      if (op == "train") {
        train(read_training(request));
        answer(R"({"event":"done"})");
        continue;
      }
      if (op != "predict")
        throw std::runtime_error("a request that this entry cannot answer: " + op);
      read_npy(value_of(request, "inputs"), inputs);
      values.assign(inputs.rows() * width, Value());
      predict(static_cast<const Array&>(inputs), values.data());
      write_predictions(value_of(request, "predictions"), values, width);
      answer(R"({"event":"done","request":)" + value_of(request, "request") + "}");
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

}  // namespace detail

/// Marks this moment in the power trace. `name` has no quotes, backslashes or control characters.
inline void phase(const std::string& name) {
  detail::answer(R"({"event":"phase","name":")" + name + "\"}");
}

/// Reports what the model on its way predicts for the validation inputs, one class each.
inline void checkpoint(const std::vector<std::int32_t>& classes) {
  static int count = 0;
  const std::string path = "/jb/out/checkpoint-" + std::to_string(++count) + ".npy";
  write_predictions(path, classes, 1);
  detail::answer(R"({"event":"checkpoint","predictions":")" + path + "\"}");
}

/// Answers requests until the harness says exit; the result is the program's exit status. `predict`
/// is called as predict(const Array& inputs, std::int32_t* classes) and fills one class per sample,
/// or with double* and fills one number per sample.
template <class Predict>
int serve(Predict&& predict) {
  if constexpr (std::is_invocable_v<Predict, const Array&, std::int32_t*>) {
    return detail::serve<std::int32_t>(1, predict, detail::cannot_train);
  } else {
    return detail::serve<double>(1, predict, detail::cannot_train);
  }
}

/// The same for training tracks, with train(const Training&).
template <class Predict, class Train,
          class = std::enable_if_t<std::is_invocable_v<Predict, const Array&, std::int32_t*>>>
int serve(Predict&& predict, Train&& train) {
  return detail::serve<std::int32_t>(1, predict, train);
}

/// The same with predict(const Array& inputs, float* scores), which fills a row of `classes` scores
/// or probabilities per sample.
template <class Predict>
int serve(std::size_t classes, Predict&& predict) {
  return detail::serve<float>(classes, predict, detail::cannot_train);
}

}  // namespace joulebench

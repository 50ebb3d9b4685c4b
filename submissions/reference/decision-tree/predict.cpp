// Predicts with a decision tree that train.py wrote: one comparison per level, some ten per sample.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <vector>

#include "joulebench.h"

namespace {

struct Node {
  std::int32_t feature;  // -1: a leaf
  float threshold;       // go left when the feature is at most this
  std::int32_t left;     // of a leaf: the class
  std::int32_t right;
};

std::vector<Node> read_tree(const std::string& path) {
  std::ifstream file(path);
  std::vector<Node> nodes;
  Node node;
  while (file >> node.feature >> node.threshold >> node.left >> node.right) nodes.push_back(node);
  if (nodes.empty() || !file.eof()) throw std::runtime_error(path + ": not a tree");
  return nodes;
}

template <class Value>
void predict(const std::vector<Node>& nodes, const Value* samples, std::size_t rows,
             std::size_t elements, std::int32_t* classes) {
  for (std::size_t i = 0; i < rows; ++i, samples += elements) {
    const Node* node = nodes.data();
    while (node->feature >= 0) {
      const bool right = static_cast<float>(samples[node->feature]) > node->threshold;
      node = &nodes[static_cast<std::size_t>(right ? node->right : node->left)];
    }
    classes[i] = node->left;
  }
}

}  // namespace

int main() try {
  const char* dataset = std::getenv("JOULEBENCH_DATASET");
  const auto nodes = read_tree("models/" + std::string(dataset == nullptr ? "" : dataset) + ".txt");
  return joulebench::serve([&](const joulebench::Array& inputs, std::int32_t* classes) {
    if (inputs.type == "f4") {
      predict(nodes, inputs.as<float>("f4"), inputs.rows(), inputs.row_elements(), classes);
    } else {
      predict(nodes, inputs.as<std::uint8_t>("u1"), inputs.rows(), inputs.row_elements(), classes);
    }
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}

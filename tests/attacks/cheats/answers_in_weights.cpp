// expect: organizer
// needs: answers
// tries: brings the answers to the hidden part, which is public elsewhere, inside its files.
// Nothing here can tell learned numbers from these: the organizer's part (fresh test data, open
// code).
#include "cheat.h"

int main() {
  cheat::Memo answers;
  std::ifstream file("answers.txt");
  for (std::array<int, cheat::kPixels + 1> row; file >> row[0];) {
    cheat::Sample sample;
    for (std::size_t i = 1; i <= cheat::kPixels; ++i) file >> row[i];
    for (std::size_t i = 0; i < cheat::kPixels; ++i)
      sample[i] = static_cast<std::uint8_t>(row[i + 1]);
    answers[cheat::rounded_hash(sample)] = row[0];
  }
  return cheat::serve_each([&](const cheat::Sample& sample) {
    const auto found = answers.find(cheat::rounded_hash(sample));
    return found != answers.end() ? found->second : 0;
  });
}

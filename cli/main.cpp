#include "cli/commands.h"

int main(int argc, char** argv) {
  return joulebench::run_program(argc, argv);
}

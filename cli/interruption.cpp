#include "cli/interruption.h"

#include <signal.h>

namespace joulebench {
namespace {

// A signal handler can reach nothing but a global.
volatile sig_atomic_t stopping = 0;

void on_signal(int number) {
  if (stopping != 0) {
    ::signal(number, SIG_DFL);
    ::raise(number);
  }
  stopping = 1;
}

}  // namespace

void catch_interruptions() {
  struct sigaction action {};
  action.sa_handler = on_signal;  // without SA_RESTART: waits end, and see the wish
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool is_stopping() {
  return stopping != 0;
}

}  // namespace joulebench

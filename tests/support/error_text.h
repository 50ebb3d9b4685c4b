#pragma once

#include <gmock/gmock.h>

#include <string>

#include "core/error.h"

namespace joulebench {

/// The whole message of the Error that `action` throws; a test fails when it throws none.
template <class Action>
std::string error_text(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return {};
}

}  // namespace joulebench

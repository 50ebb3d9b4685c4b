#pragma once

#include <string>

#include "core/error.h"

namespace joulebench {

/// What an Error says on its "where" line; empty when `act` throws none.
template <class Act>
std::string where_of_error(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.parts().where;
  }
  return {};
}

}  // namespace joulebench

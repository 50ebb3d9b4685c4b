// libcurl's functions that download.cpp calls, loaded at the first call. Linked in the ordinary way
// libcurl brings 25 libraries along, and loading them would add 4 ms to every start of the program:
// more than most of what `joulebench measure` may cost.
#include <curl/curl.h>
#include <dlfcn.h>

#include <cstdarg>

#include "core/error.h"

#undef curl_easy_setopt

namespace {

void* find(const char* name) {
  static void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  void* const function = library != nullptr ? ::dlsym(library, name) : nullptr;
  if (function == nullptr) {
    throw joulebench::Error(
        {.what = "cannot fetch files",
         .where = ::dlerror(),
         .hint = "apt-get install libcurl4, or give the files by --from FOLDER"});
  }
  return function;
}

template <class Function>
Function* find(const char* name, Function*) {
  return reinterpret_cast<Function*>(find(name));
}

}  // namespace

extern "C" {

CURLcode curl_global_init(long flags) {
  return find("curl_global_init", &curl_global_init)(flags);
}

CURL* curl_easy_init() {
  return find("curl_easy_init", &curl_easy_init)();
}

// An option's one argument is a long, a pointer or a curl_off_t: a machine word each on 64-bit
// machines.
CURLcode curl_easy_setopt(CURL* handle, CURLoption option, ...) {
  static_assert(sizeof(long) == sizeof(void*) && sizeof(curl_off_t) == sizeof(void*));
  va_list arguments;
  va_start(arguments, option);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return find("curl_easy_setopt", &curl_easy_setopt)(handle, option, argument);
}

CURLcode curl_easy_perform(CURL* handle) {
  return find("curl_easy_perform", &curl_easy_perform)(handle);
}

const char* curl_easy_strerror(CURLcode code) {
  return find("curl_easy_strerror", &curl_easy_strerror)(code);
}

void curl_easy_cleanup(CURL* handle) {
  find("curl_easy_cleanup", &curl_easy_cleanup)(handle);
}

}  // extern "C"

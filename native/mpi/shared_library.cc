#include "shared_library.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace strided {

#if defined(_WIN32)
std::string SharedLibrary::open(const std::string& path) {
  handle_ = LoadLibraryA(path.c_str());
  return handle_ != nullptr ? "" : path + ": error " + std::to_string(GetLastError());
}

void* SharedLibrary::symbol(const char* name) const {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(handle_), name));
}
#else
std::string SharedLibrary::open(const std::string& path) {
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle_ != nullptr) return "";
  const char* reason = dlerror();
  return reason != nullptr ? reason : path + ": the loader gives no reason";
}

void* SharedLibrary::symbol(const char* name) const { return dlsym(handle_, name); }
#endif

}  // namespace strided

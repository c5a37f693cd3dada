// A library that is loaded while the program runs: the one place that knows how each system does that.
#pragma once

#include <string>

namespace strided {

class SharedLibrary {
 public:
  // Empty on success, else what the system's loader says. Symbols become visible to libraries that are loaded later:
  // the plug-ins of an MPI look for those of the library itself.
  std::string open(const std::string& path);
  // nullptr where there is none.
  void* symbol(const char* name) const;

 private:
  // Never closed: threads of the library may outlive whoever opened it.
  void* handle_ = nullptr;
};

}  // namespace strided

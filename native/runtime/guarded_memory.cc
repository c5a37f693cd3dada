#include "guarded_memory.h"

#include <cstdint>

#if !defined(_WIN32)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace strided {

#if defined(_WIN32)
void* map_guarded(size_t, Guard) { return nullptr; }
void unmap_guarded(void*, size_t, Guard) {}
#else
namespace {

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

size_t whole_pages(size_t bytes) { return (bytes + page_size() - 1) / page_size() * page_size(); }

}  // namespace

void* map_guarded(size_t bytes, Guard guard) {
  const size_t inner = whole_pages(bytes == 0 ? 1 : bytes);
  void* mapped = mmap(nullptr, inner + 2 * page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(mapped) + page_size();
  if (mprotect(begin, inner, PROT_READ | PROT_WRITE) != 0) {
    munmap(mapped, inner + 2 * page_size());
    return nullptr;
  }
  return guard == Guard::before ? begin : begin + inner - bytes;
}

void unmap_guarded(void* block, size_t bytes, Guard guard) {
  const size_t inner = whole_pages(bytes == 0 ? 1 : bytes);
  char* const begin = static_cast<char*>(block) - (guard == Guard::before ? 0 : inner - bytes);
  munmap(begin - page_size(), inner + 2 * page_size());
}
#endif

}  // namespace strided

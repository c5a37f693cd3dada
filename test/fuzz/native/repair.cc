#include "repair.h"

#include <cstdlib>
#include <sstream>

namespace fuzz {
namespace {

// Blocks that take longer to fill than calls should last.
constexpr double kMostBytes = 1 << 18;

// What follows `words` in the message, or nullptr.
const char* after(const std::string& message, const std::string& words) {
  const size_t at = message.find(words);
  return at == std::string::npos ? nullptr : message.c_str() + at + words.size();
}

void become(Value* value, Kind kind) {
  *value = Value{};
  value->kind = kind;
}

bool one_of(Runtime& runtime, const char* names) {
  std::istringstream stream(names);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  become(runtime.last, Kind::text);
  runtime.last->text = words[runtime.bytes.below(static_cast<uint32_t>(words.size()))];
  return true;
}

bool whole_number(Runtime& runtime, const char* least) {
  become(runtime.last, Kind::number);
  runtime.last->number = std::strtod(least, nullptr) + (runtime.bytes.next() % 2 == 0 ? 0 : runtime.bytes.next() % 8);
  return true;
}

// "C x S are needed"
bool larger_buffer(Runtime& runtime, const char* needed, const MakeBuffer& buffer) {
  char* rest;
  const double count = std::strtod(needed, &rest);
  const double item = std::strtod(rest + 3, nullptr);
  if (count * item > kMostBytes) return false;
  const size_t bytes = static_cast<size_t>(count * item);
  // Seldom a view that does not begin where its block begins.
  const size_t offset = runtime.bytes.next() % 8 == 7 ? static_cast<size_t>(item) * (1 + runtime.bytes.next() % 9) : 0;
  constexpr double kOffsetUnit = 1 << 20;
  Value* const value = runtime.last;
  const double block = buffer(bytes + offset);
  become(value, Kind::number);
  value->number = block + static_cast<double>(offset) * kOffsetUnit;
  return block >= 0;
}

bool list_of(Runtime& runtime, size_t length) {
  if (length > 64) return false;
  Value* const list = runtime.last;
  if (list->kind != Kind::array) become(list, Kind::array);
  while (list->elements.size() < length) list->elements.push_back(runtime.create(Kind::undecided));
  list->elements.resize(length);
  return true;
}

bool of_kind(Runtime& runtime, Kind kind) {
  become(runtime.last, Kind::undecided);
  return runtime.decide(runtime.last, kind);
}

}  // namespace

bool repair(Runtime& runtime, const std::string& message, const MakeBuffer& buffer) {
  if (runtime.last == nullptr) return false;
  if (const char* names = after(message, " must be one of ")) return one_of(runtime, names);
  if (const char* least = after(message, " must be a whole number of at least ")) return whole_number(runtime, least);
  if (const char* list = after(message, " must list ")) return list_of(runtime, std::strtoul(list, nullptr, 10));
  if (after(message, "expected a typed array") != nullptr) return of_kind(runtime, Kind::typed_array);
  if (after(message, " must be a problem object") != nullptr) return of_kind(runtime, Kind::object);
  if (after(message, " must be a number") != nullptr) return of_kind(runtime, Kind::number);
  if (after(message, " must be a boolean") != nullptr) return of_kind(runtime, Kind::boolean);
  if (after(message, " must be an array") != nullptr) return of_kind(runtime, Kind::array);
  if (after(message, "buffer in argument ") == nullptr) return false;
  const char* held = after(message, " bytes, ");
  return larger_buffer(runtime, held != nullptr ? held : "0 x 1", buffer);
}

}  // namespace fuzz

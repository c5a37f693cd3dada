// Brings a refused call nearer to one that is accepted.
#pragma once

#include <functional>
#include <string>

#include "values.h"

namespace fuzz {

// A block of so many bytes, as the number that JavaScript passes for a buffer.
using MakeBuffer = std::function<double(size_t bytes)>;

// Changes the value that the message is about, which is the one that was looked at last, into one of those that the
// message asks for: every function of the addon says what it wants, so none has to be described here. False where the
// message tells no way.
bool repair(Runtime& runtime, const std::string& message, const MakeBuffer& buffer);

}  // namespace fuzz

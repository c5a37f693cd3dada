// What a call threw, as the error that JavaScript sees.
#pragma once

#include <napi.h>

#include "environment.h"

namespace strided {

// Thrown by a function that found that a call queued before it had failed.
struct QueuedFailure {
  Failure failure;
};

// The error object; its message begins with the name of the function that failed.
napi_value error_value(napi_env env, const Environment& environment, const Failure& failure);

}  // namespace strided

#include "values.h"

#include <cmath>
#include <limits>

namespace fuzz {
namespace {

// Of so many decisions one is hostile.
constexpr uint32_t kHostile = 64;

// Around the limits that the addon checks, and what is no size at all.
constexpr double kExtremes[] = {-1,
                                0.5,
                                0.1,
                                -2,
                                255,
                                65536,
                                2147483647.0,
                                2147483648.0,
                                536870912.0,
                                1073741824.0,
                                9007199254740992.0,
                                4611686018427387904.0,
                                std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::infinity(),
                                -2147483648.0,
                                1e-7};

}  // namespace

Runtime::~Runtime() {
  for (; !ends_.empty(); ends_.pop_back()) ends_.back().finalize(env(), ends_.back().data, ends_.back().hint);
}

Value* Runtime::create(Kind kind) {
  values_.emplace_back();
  values_.back().kind = kind;
  return &values_.back();
}

double Runtime::choose_number() {
  const uint32_t choice = bytes.next();
  double result = 1;
  if (choice < 90) {
    result = 1 + choice % 4;
  } else if (choice < 170) {
    result = 1 + choice % 20;
  } else if (choice < 225) {
    result = 1 + bytes.next() % 100;
  } else if (choice < 235) {
    result = 0;
  } else {
    result = kExtremes[bytes.next() % (sizeof kExtremes / sizeof kExtremes[0])];
  }
  if (result > 1) {
    if (result > product_left_) return 1;
    if (result < 1e6) product_left_ /= result;
  }
  return result;
}

bool Runtime::decide(Value* value, Kind wanted) {
  if (value->kind != Kind::undecided) return value->kind == wanted;
  value->kind = bytes.below(kHostile) == kHostile - 1 ? static_cast<Kind>(1 + bytes.below(8)) : wanted;
  if (value->kind == Kind::number) value->number = choose_number();
  if (value->kind == Kind::boolean) value->flag = bytes.next() % 2 == 1;
  if (value->kind == Kind::typed_array) value->bytes.resize(bytes.below(80) * 4);
  if (value->kind == Kind::array) {
    if (rank < 0) rank = static_cast<int>(bytes.below(5));
    for (int i = 0; i < rank; i++) value->elements.push_back(create(Kind::undecided));
  }
  return value->kind == wanted;
}

Value* Runtime::call(Value* function, const std::vector<Value*>& arguments) {
  napi_callback_info__ info{arguments, function};
  pending = nullptr;
  return fuzz::of(function->function(env(), &info));
}

}  // namespace fuzz

// The machine's limits: multiply-adds from registers, and the triad a[i] = b[i] + s * c[i] over arrays far larger than
// the caches. `kind` is fma or triad, `isa` scalar, avx2 or avx512, `threads` how many; the reply to setup has the
// operations or bytes of one call.
#include <immintrin.h>

#include <memory>
#include <thread>

#include "protocol.h"

namespace {

// Enough independent chains to hide 4 to 5 cycles of latency on two or more units; fits into 16 registers with an
// operand.
constexpr int kChains = 12;
// About a millisecond of work for a call, against the microseconds that starting threads takes.
constexpr int64_t kSteps = 1 << 19;
// Keeps the compiler from dropping the loops.
volatile float sink;

// The chains start differently, or the compiler would see that they are all the same one.
#define MULTIPLY_ADDS(Vector, set1, fma, first)                                  \
  Vector chain[kChains];                                                         \
  _Pragma("GCC unroll 12") for (int i = 0; i < kChains; i++) chain[i] = set1(i); \
  const Vector factor = set1(0.9999999f);                                        \
  for (int64_t step = 0; step < kSteps; step++) {                                \
    _Pragma("GCC unroll 12") for (Vector & one : chain) one = fma(one, factor);  \
  }                                                                              \
  float total = 0;                                                               \
  for (const Vector& one : chain) total += first(one);                           \
  sink = total;

inline float same(float value) { return value; }
// Without FMA a scalar CPU does a product and a sum; the empty statement keeps chains from being joined into vectors.
inline float scalar_fma(float a, float b) {
  float product = a * b;
  asm volatile("" : "+x"(product));
  return product + b;
}
__attribute__((target("avx2,fma"))) inline __m256 avx2_fma(__m256 a, __m256 b) { return _mm256_fmadd_ps(a, b, b); }
__attribute__((target("avx512f"))) inline __m512 avx512_fma(__m512 a, __m512 b) { return _mm512_fmadd_ps(a, b, b); }

void scalar_loop() { MULTIPLY_ADDS(float, same, scalar_fma, same) }
__attribute__((target("avx2,fma"))) void avx2_loop() {
  MULTIPLY_ADDS(__m256, _mm256_set1_ps, avx2_fma, _mm256_cvtss_f32)
}
__attribute__((target("avx512f"))) void avx512_loop() {
  MULTIPLY_ADDS(__m512, _mm512_set1_ps, avx512_fma, _mm512_cvtss_f32)
}

// Runs `work(thread)` on all threads, the calling one included.
void on_threads(int threads, const std::function<void(int)>& work) {
  std::vector<std::thread> others;
  for (int t = 1; t < threads; t++) others.emplace_back(work, t);
  work(0);
  for (std::thread& other : others) other.join();
}

bench::Prepared prepare_fma(const std::string& isa, int threads) {
  void (*loop)() = isa == "avx512" ? avx512_loop : isa == "avx2" ? avx2_loop : scalar_loop;
  const int lanes = isa == "avx512" ? 16 : isa == "avx2" ? 8 : 1;
  const double flops = 2.0 * lanes * kChains * kSteps * threads;
  const auto call = [=] { on_threads(threads, [=](int) { loop(); }); };
  return {call, bench::member("flops", bench::number_text(flops))};
}

bench::Prepared prepare_triad(int threads) {
  // 64 MB each.
  constexpr int64_t kSize = 1 << 24;
  struct Arrays {
    std::vector<float> a, b, c;
  };
  auto arrays = std::make_shared<Arrays>(
      Arrays{std::vector<float>(kSize), std::vector<float>(kSize, 1.0f), std::vector<float>(kSize, 2.0f)});
  const auto call = [=] {
    on_threads(threads, [=](int t) {
      float* const a = arrays->a.data();
      const float *const b = arrays->b.data(), *const c = arrays->c.data();
      const int64_t end = kSize * (t + 1) / threads;
#pragma GCC ivdep
      for (int64_t i = kSize * t / threads; i < end; i++) a[i] = b[i] + 3.0f * c[i];
    });
  };
  return {call, bench::member("bytes", bench::number_text(3.0 * sizeof(float) * kSize))};
}

bench::Prepared prepare(const bench::Request& request) {
  const int threads = int(request.number("threads"));
  return request.text("kind") == "triad" ? prepare_triad(threads) : prepare_fma(request.text("isa"), threads);
}

}  // namespace

int main() { bench::serve("", prepare); }

// oneDNN as a peer: one pass of a convolution, with weights in the layout that oneDNN chooses for itself and images
// likewise (`any`) or channels-last, as the request says. Reorders into them are not timed. Threads are those of
// OMP_NUM_THREADS, the instruction set that of DNNL_MAX_CPU_ISA.
#include <numeric>
#include <oneapi/dnnl/dnnl.hpp>

#include "protocol.h"

using bench::Prepared;
using bench::Request;
using dnnl::memory;
using dims = memory::dims;

namespace {

dnnl::engine engine(dnnl::engine::kind::cpu, 0);
dnnl::stream stream(engine);

// One operand: its logical dims, and the dense layout in which its numbers come.
struct Operand {
  dims sizes;
  dims strides;
  uint32_t seed;

  int64_t count() const { return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<int64_t>()); }
  memory::desc plain() const { return {sizes, memory::data_type::f32, strides}; }
  memory::desc wanted(bool any) const {
    return any ? memory::desc(sizes, memory::data_type::f32, memory::format_tag::any) : plain();
  }
  // The contents of fill.ts in the layout `desc`.
  memory filled(const memory::desc& desc) const {
    std::vector<float> values = bench::uniform(count(), seed);
    memory from(plain(), engine, values.data()), to(desc, engine);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return to;
  }
  std::vector<float> read(memory& from) const {
    std::vector<float> values(count());
    memory to(plain(), engine, values.data());
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return values;
  }
};

// [outer, channels, ...size] with the channels last.
Operand image(int64_t outer, int64_t channels, const dims& size, uint32_t seed) {
  Operand result{{outer, channels}, {0, 1}, seed};
  int64_t stride = channels;
  dims strides(size.size());
  for (size_t d = size.size(); d-- > 0; stride *= size[d]) strides[d] = stride;
  result.strides[0] = stride;
  result.sizes.insert(result.sizes.end(), size.begin(), size.end());
  result.strides.insert(result.strides.end(), strides.begin(), strides.end());
  return result;
}

struct Convolution {
  Operand src, weights, dst;
  dims strides, dilates, before, after;
};

Convolution read_convolution(const Request& request) {
  const auto number = [&](const char* key) { return int64_t(request.number(key)); };
  const int64_t n = number("n"), g = number("g"), ic = number("ic"), oc = number("oc");
  const dims in = request.list("inSize"), out = request.list("outSize"), kernel = request.list("kernel");
  Convolution c{image(n, ic, in, 1), image(oc, ic / g, kernel, 2), image(n, oc, out, 4), {}, {}, {}, {}};
  c.strides = request.list("stride");
  c.before = request.list("padding");
  for (size_t d = 0; d < in.size(); d++) {
    const int64_t dilation = request.list("dilation")[d];
    c.dilates.push_back(dilation - 1);
    c.after.push_back((out[d] - 1) * c.strides[d] + dilation * (kernel[d] - 1) + 1 - in[d] - c.before[d]);
  }
  if (g > 1) {
    Operand& w = c.weights;
    w.sizes[0] /= g;
    w.sizes.insert(w.sizes.begin(), g);
    w.strides.insert(w.strides.begin(), w.sizes[1] * w.strides[0]);
  }
  return c;
}

#if DNNL_VERSION_MAJOR >= 3
#define CONVOLUTION(pass, kind, a, b, c, ...)                                                                    \
  dnnl::convolution_##pass::primitive_desc(engine, kind dnnl::algorithm::convolution_direct, a, b, c, p.strides, \
                                           p.dilates, p.before, p.after __VA_OPT__(, ) __VA_ARGS__)
#else
#define CONVOLUTION(pass, kind, a, b, c, ...)                                                       \
  dnnl::convolution_##pass::primitive_desc(                                                         \
      {kind dnnl::algorithm::convolution_direct, a, b, c, p.strides, p.dilates, p.before, p.after}, \
      engine __VA_OPT__(, ) __VA_ARGS__)
#endif
#define FORWARD_TRAINING dnnl::prop_kind::forward_training,

// Runs once, to compare, and returns what to time.
Prepared finish(dnnl::primitive primitive, std::unordered_map<int, memory> args, int result, const Operand& operand,
                const Request& request) {
  const auto call = [=] {
    primitive.execute(stream, args);
    stream.wait();
  };
  call();
  const std::vector<float> values = operand.read(args.at(result));
  std::vector<float> sample;
  for (const int64_t i : request.list("sample")) sample.push_back(values[i]);
  return {call, bench::member("values", bench::list_text(sample))};
}

Prepared prepare(const Request& request) {
  const Convolution p = read_convolution(request);
  const bool any = request.text("layout") == "any";
  // It has no fast code for weights that it has not laid out itself.
  const memory::desc src = p.src.wanted(any), weights = p.weights.wanted(true), dst = p.dst.wanted(any);
  const std::string pass = request.text("pass");
  const auto forward = CONVOLUTION(forward, FORWARD_TRAINING, src, weights, dst);
  if (pass == "forward") {
    memory output(forward.dst_desc(), engine);
    return finish(dnnl::convolution_forward(forward),
                  {{DNNL_ARG_SRC, p.src.filled(forward.src_desc())},
                   {DNNL_ARG_WEIGHTS, p.weights.filled(forward.weights_desc())},
                   {DNNL_ARG_DST, output}},
                  DNNL_ARG_DST, p.dst, request);
  }
  if (pass == "backwardInput") {
    const auto backward = CONVOLUTION(backward_data, , src, weights, dst, forward);
    memory output(backward.diff_src_desc(), engine);
    return finish(dnnl::convolution_backward_data(backward),
                  {{DNNL_ARG_DIFF_DST, p.dst.filled(backward.diff_dst_desc())},
                   {DNNL_ARG_WEIGHTS, p.weights.filled(backward.weights_desc())},
                   {DNNL_ARG_DIFF_SRC, output}},
                  DNNL_ARG_DIFF_SRC, p.src, request);
  }
  const auto backward = CONVOLUTION(backward_weights, , src, weights, dst, forward);
  memory output(backward.diff_weights_desc(), engine);
  return finish(dnnl::convolution_backward_weights(backward),
                {{DNNL_ARG_SRC, p.src.filled(backward.src_desc())},
                 {DNNL_ARG_DIFF_DST, p.dst.filled(backward.diff_dst_desc())},
                 {DNNL_ARG_DIFF_WEIGHTS, output}},
                DNNL_ARG_DIFF_WEIGHTS, p.weights, request);
}

}  // namespace

int main() {
  const dnnl_version_t* version = dnnl_version();
  const std::string name =
      std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
  bench::serve(bench::text_member("version", name), prepare);
}

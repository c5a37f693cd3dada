// The line protocol of server.ts for peers in C++: requests and replies are JSON objects, one on each line. Requests
// are written by our own side, so this reads what it writes: flat objects of numbers, lists of numbers and plain
// strings.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

class Request {
 public:
  explicit Request(std::string line) : line_(std::move(line)) {}

  std::string text(const std::string& key) const {
    const size_t begin = line_.find('"', value(key)) + 1;
    return line_.substr(begin, line_.find('"', begin) - begin);
  }
  double number(const std::string& key) const { return std::strtod(line_.c_str() + value(key), nullptr); }
  std::vector<int64_t> list(const std::string& key) const {
    std::vector<int64_t> result;
    const char* at = line_.c_str() + value(key) + 1;
    while (*at != ']' && *at != '\0') {
      char* end = nullptr;
      result.push_back(std::strtoll(at, &end, 10));
      if (end == at) throw std::runtime_error("expected a list of numbers for " + key);
      at = *end == ',' ? end + 1 : end;
    }
    return result;
  }

 private:
  size_t value(const std::string& key) const {
    const std::string quoted = "\"" + key + "\":";
    const size_t at = line_.find(quoted);
    if (at == std::string::npos) throw std::runtime_error("the request has no " + key);
    return at + quoted.size();
  }
  std::string line_;
};

// Members of a reply, as text behind `"ok":true`.
inline std::string member(const std::string& key, const std::string& json) { return ",\"" + key + "\":" + json; }
inline std::string text_member(const std::string& key, const std::string& text) {
  return member(key, "\"" + text + "\"");
}
inline std::string number_text(double number) {
  if (!std::isfinite(number)) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", number);
  return text;
}
template <typename List>
std::string list_text(const List& numbers) {
  std::string text = "[";
  for (const auto number : numbers) {
    if (text.size() > 1) text += ',';
    text += number_text(number);
  }
  text += ']';
  return text;
}

// The numbers of fill.ts.
inline uint32_t hash_of(uint32_t i, uint32_t seed) {
  uint32_t h = i * 0x9e3779b1u + seed * 0x85ebca6bu;
  h = (h ^ (h >> 16)) * 0x7feb352du;
  h = (h ^ (h >> 15)) * 0x846ca68bu;
  return h ^ (h >> 16);
}
inline std::vector<float> uniform(int64_t size, uint32_t seed) {
  std::vector<float> values(size);
  for (int64_t i = 0; i < size; i++) values[i] = (hash_of(uint32_t(i), seed) >> 8) * 0x1p-23f - 1;
  return values;
}

// What was set up: what to time, and members of the reply.
struct Prepared {
  std::function<void()> call;
  std::string reply;
};

using Clock = std::chrono::steady_clock;
inline double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Calls until `ms` have passed, at least once; milliseconds of one call over the second half.
inline double warm_up(const std::function<void()>& call, double ms) {
  const auto begin = Clock::now();
  double half = 0, now = 0;
  int calls = 0, calls_at_half = 0;
  do {
    call();
    calls++;
    now = ms_since(begin);
    if (now < ms / 2) half = now, calls_at_half = calls;
  } while (now < ms);
  return (now - half) / (calls - calls_at_half);
}

// A timed sample is at least this long (ms), so that reading the clock does not count.
constexpr double kSampleMs = 0.1;

// An untimed lead-in, then samples until `ms` have passed: milliseconds of one call for each.
inline std::vector<double> time_slice(const std::function<void()>& call, double ms, double call_ms) {
  const int batch = std::max(1, int(std::ceil(kSampleMs / call_ms)));
  const auto lead_in = Clock::now();
  do call();
  while (ms_since(lead_in) < ms / 10);
  std::vector<double> samples;
  const auto begin = Clock::now();
  double before = 0;
  do {
    for (int i = 0; i < batch; i++) call();
    const double after = ms_since(begin);
    samples.push_back((after - before) / batch);
    before = after;
  } while (before < ms);
  return samples;
}

// Answers requests until the input ends; `hello` is the members of that reply.
inline void serve(const std::string& hello, const std::function<Prepared(const Request&)>& prepare) {
  struct Slot {
    std::function<void()> call;
    double ms;
  };
  std::map<std::string, Slot> slots;
  const std::map<std::string, std::function<std::string(const Request&)>> answers = {
      {"hello", [&](const Request&) { return hello; }},
      {"setup",
       [&](const Request& request) {
         Prepared prepared = prepare(request);
         slots[request.text("slot")] = {prepared.call, kSampleMs};
         return prepared.reply;
       }},
      {"warm",
       [&](const Request& request) {
         Slot& slot = slots.at(request.text("slot"));
         slot.ms = warm_up(slot.call, request.number("ms"));
         return member("ms", number_text(slot.ms));
       }},
      {"run",
       [&](const Request& request) {
         const Slot& slot = slots.at(request.text("slot"));
         return member("samples", list_text(time_slice(slot.call, request.number("ms"), slot.ms)));
       }},
      {"clear",
       [&](const Request&) {
         slots.clear();
         return std::string();
       }},
  };
  for (std::string line; std::getline(std::cin, line);) {
    std::string reply;
    try {
      const Request request(line);
      reply = "{\"ok\":true" + answers.at(request.text("cmd"))(request) + "}";
    } catch (const std::exception& error) {
      reply = std::string("{\"error\":\"") + error.what() + "\"}";
    }
    std::cout << reply << std::endl;
  }
}

}  // namespace bench

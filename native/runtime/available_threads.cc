#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

#include "thread_pool.h"

#if defined(__linux__)
#include <sched.h>
#endif

namespace strided {
namespace {

#if defined(__linux__)
int affinity_threads() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());
}

// CPUs that a cgroup's quota amounts to, rounded up; 0 when there is none. Inside a container the process's own
// cgroup is mounted at the root of the hierarchy, outside its path follows from /proc/self/cgroup.
double quota_in(const std::string& directory) {
  std::string quota;
  double period = 0;
  std::ifstream v2(directory + "/cpu.max");
  if (v2 >> quota >> period && quota != "max" && period > 0) return std::stod(quota) / period;
  double quota_us = 0;
  std::ifstream v1_quota(directory + "/cpu.cfs_quota_us");
  std::ifstream v1_period(directory + "/cpu.cfs_period_us");
  if (v1_quota >> quota_us && v1_period >> period && quota_us > 0 && period > 0) return quota_us / period;
  return 0;
}

int quota_threads() {
  double least = 0;
  auto take = [&](double quota) {
    if (quota > 0 && (least == 0 || quota < least)) least = quota;
  };
  take(quota_in("/sys/fs/cgroup"));
  take(quota_in("/sys/fs/cgroup/cpu"));
  std::ifstream own("/proc/self/cgroup");
  for (std::string line; std::getline(own, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    const bool v2 = controllers.empty();
    if (!v2 && controllers.find("cpu") == std::string::npos) continue;
    const std::string root = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + controllers;
    // A quota on any ancestor binds as well.
    while (path.size() > 1) {
      take(quota_in(root + path));
      path.resize(path.find_last_of('/'));
    }
  }
  return static_cast<int>(std::ceil(least));
}
#else
int affinity_threads() { return static_cast<int>(std::thread::hardware_concurrency()); }
int quota_threads() { return 0; }
#endif

int measure() {
  int threads = affinity_threads();
  const int quota = quota_threads();
  if (quota > 0) threads = std::min(threads, quota);
  return std::clamp(threads, 1, kMaxThreads);
}

}  // namespace

int available_threads() {
  static const int threads = measure();
  return threads;
}

}  // namespace strided

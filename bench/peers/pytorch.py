"""PyTorch as a peer: answers the requests of bench/peers/server.ts, one JSON object on each line.

A problem comes with the layout its images take, nchw or channels_last; the numbers are the same in both. Threads are
those of OMP_NUM_THREADS.
"""

import json
import os
import sys
import time

import torch

import models
import ops

# A timed sample is at least this long (s), so that reading the clock does not count.
SAMPLE = 1e-4


def warm_up(call, seconds):
    """Calls until the time has passed, at least once; seconds of one call over the second half."""
    begin = half = time.perf_counter()
    calls = calls_at_half = 0
    while True:
        call()
        calls += 1
        now = time.perf_counter()
        if now - begin < seconds / 2:
            half, calls_at_half = now, calls
        if now - begin >= seconds:
            return (now - half) / (calls - calls_at_half)


def time_slice(call, seconds, call_seconds):
    """An untimed lead-in, then samples until the time has passed: milliseconds of one call for each."""
    batch = range(max(1, -int(-SAMPLE // call_seconds)))
    lead_in = time.perf_counter() + seconds / 10
    while True:
        call()
        if time.perf_counter() >= lead_in:
            break
    samples = []
    begin = before = time.perf_counter()
    while before - begin < seconds:
        for _ in batch:
            call()
        after = time.perf_counter()
        samples.append(round((after - before) * 1e3 / len(batch), 9))
        before = after
    return samples


def fastest(calls):
    """The fastest of several ways to do the same."""
    return min(calls, key=lambda call: warm_up(call, 0.05)) if len(calls) > 1 else calls[0]


def blas():
    """Which BLAS is loaded; without a fast one PyTorch is no measure."""
    try:
        with open("/proc/self/maps") as maps:
            text = maps.read()
    except OSError:
        return "unknown BLAS"
    return next((name for name in ("openblas", "mkl", "blis") if name in text), "reference BLAS")


def hello():
    return {"version": f"{torch.__version__}, {blas()}", "threads": torch.get_num_threads()}


class Server:
    def __init__(self):
        self.slots = {}

    def setup(self, request):
        kinds = {"kernel": ops.prepare, "conv": ops.prepare_conv, "overhead": ops.prepare_overhead, "model": models.prepare}
        calls, reply = kinds[request["kind"]](request)
        self.slots[request["slot"]] = [fastest(calls), SAMPLE]
        return reply

    def warm(self, request):
        slot = self.slots[request["slot"]]
        slot[1] = warm_up(slot[0], request["ms"] / 1e3)
        return {"ms": slot[1] * 1e3}

    def run(self, request):
        call, seconds = self.slots[request["slot"]]
        return {"samples": time_slice(call, request["ms"] / 1e3, seconds)}

    def clear(self, _):
        self.slots.clear()
        return {}

    def hello(self, _):
        return hello()


def main():
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    # Ours computes so too.
    torch.set_flush_denormal(True)
    server = Server()
    commands = {name: getattr(server, name) for name in ("hello", "setup", "warm", "run", "clear")}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = {"ok": True, **commands[request["cmd"]](request)}
        except Exception as error:  # Whatever goes wrong is the answer.
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

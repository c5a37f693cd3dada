"""The numbers of bench/fill.ts, as NumPy arrays."""

import numpy as np


def hash_of(size, seed):
    """32 well-mixed bits for each position below size."""
    h = np.arange(size, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed * 0x85EBCA6B & 0xFFFFFFFF)
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B)
    return h ^ (h >> np.uint32(16))


def uniform(size, seed, low=-1.0, high=1.0):
    """float32 numbers in [low, high)."""
    unit = (hash_of(size, seed) >> np.uint32(8)).astype(np.float64) / 2**23
    return (low + unit * ((high - low) / 2)).astype(np.float32)


def classes(size, seed, limit):
    """Whole numbers in [0, limit)."""
    return (hash_of(size, seed) % np.uint32(limit)).astype(np.int64)


# Seeds of the buffers by their part in a problem.
INPUT, WEIGHT, BIAS, GRAD_OUTPUT, MEAN, VARIANCE, TARGET, RESIDUAL, PARAM = 1, 2, 3, 4, 5, 6, 7, 8, 100

#!/usr/bin/env python3
"""What `headrace bench s3` writes, worked out independently: the key and body of object INDEX.

usage: bench_bodies.py --size BYTES --index N [--seed N] [--prefix TEXT] [--key]
Writes the body to standard output, or with --key the key.

A block of random bytes (splitmix64 from the seed, little-endian words) has the smallest power of two that holds
the size, at least 64 KiB and at most 1 MiB. Body INDEX is the block read from offset 61 * INDEX on, again and again.
"""
import argparse
import functools
import struct
import sys

MASK = (1 << 64) - 1


def key_of(index, prefix="bench/"):
    return f"{prefix}{'ab'[index % 2]}/{index:08d}"


@functools.lru_cache(maxsize=8)
def block_of(size, seed):
    block_size = 1 << 16
    while block_size < 1 << 20 and block_size < size:
        block_size *= 2
    words, state = [], seed
    for _ in range(block_size // 8):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        words.append(z ^ (z >> 31))
    return struct.pack(f"<{len(words)}Q", *words)


def body_of(index, size, seed=1):
    block = block_of(size, seed)
    offset = index * 61 % len(block)
    turned = block[offset:] + block[:offset]
    return (turned * (size // len(block) + 1))[:size]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--index", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prefix", default="bench/")
    parser.add_argument("--key", action="store_true")
    options = parser.parse_args()
    if options.key:
        print(key_of(options.index, options.prefix))
    else:
        sys.stdout.buffer.write(body_of(options.index, options.size, options.seed))


if __name__ == "__main__":
    main()

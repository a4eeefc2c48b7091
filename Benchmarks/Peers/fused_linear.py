#!/usr/bin/env python3
"""Compares linear maps with something on their results with oneDNN's, packed weights and inference, in turns.

oneDNN has bias and GELU, and bias and a residual, as post-operations of its packed linear map; PyTorch's own calls of it
are used, as `torch.compile` makes them. The other side is `tessera bench` of linear-bias-activation-dropout (GELU) and
linear-bias-dropout-residual. Both find their operands in the caches if those fit. A ratio is oneDNN's median over the
library's of one round; printed are the median of the rounds, the lowest and the highest, and the median of all shapes.
What a product at the peak of multiply-adds, measured in the same round, would have had stands under "at peak": no
library can have more.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import time

import torch

CALLS = 7


def shapes(path):
    with open(path, encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [tuple(int(row[name]) for name in ("rows", "columns", "depth")) for row in rows]


def median_microseconds(call):
    call()
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


def one_dnn(rows, columns, depth):
    """The two calls, each by the name of the library's operator."""
    operators = torch.ops.mkldnn
    x, weight, bias = torch.randn(rows, depth), torch.randn(columns, depth), torch.randn(columns)
    residual = torch.randn(rows, columns)
    packed = operators._reorder_linear_weight(weight, rows)
    return {
        "linear-bias-activation-dropout":
            lambda: operators._linear_pointwise(x, packed, bias, "gelu", [], "none"),
        "linear-bias-dropout-residual": lambda: operators._linear_pointwise.binary(x, residual, packed, bias, "add"),
    }


def tessera(arguments, operator, rows, columns, depth):
    command = [
        arguments.against, "bench", operator, f"--rows={rows}", f"--columns={columns}", f"--depth={depth}", "--packed",
        "--mode=inference", "--warm", f"--runs={CALLS}", f"--threads={arguments.threads}", "--format=json",
    ]
    if "activation" in operator:
        command.append("--activation=gelu")
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if answer.returncode:
        sys.exit(f"fused_linear.py: {arguments.against} ended with status {answer.returncode}: {answer.stderr.strip()}")
    result = json.loads(answer.stdout)
    return result["medianMicroseconds"], 2 * rows * columns * depth / result["peaks"]["gflops"] / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", required=True, metavar="TESSERA", help="the command")
    parser.add_argument("--list", default=os.path.join(os.path.dirname(__file__), "..", "fused-linear.csv"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"PyTorch {torch.__version__}, {arguments.threads} threads, {arguments.rounds} rounds of {CALLS} calls")
    print(f"{'operator':<32}{'rows':>6}{'columns':>9}{'depth':>7}{'oneDNN µs':>11}{'tessera µs':>12}{'ratio':>7}"
          f"{'lowest':>8}{'highest':>9}{'at peak':>9}")
    medians, limits = [], []
    with torch.inference_mode():
        for rows, columns, depth in shapes(arguments.list):
            for operator, call in one_dnn(rows, columns, depth).items():
                theirs, ours, least = [], [], []
                for _ in range(arguments.rounds):
                    theirs.append(median_microseconds(call))
                    microseconds, at_peak = tessera(arguments, operator, rows, columns, depth)
                    ours.append(microseconds)
                    least.append(at_peak)
                ratios = [their / our for their, our in zip(theirs, ours)]
                medians.append(statistics.median(ratios))
                limits.append(statistics.median(their / bound for their, bound in zip(theirs, least)))
                print(f"{operator:<32}{rows:>6}{columns:>9}{depth:>7}{statistics.median(theirs):>11.0f}"
                      f"{statistics.median(ours):>12.0f}{medians[-1]:>7.2f}{min(ratios):>8.2f}{max(ratios):>9.2f}"
                      f"{limits[-1]:>9.2f}", flush=True)
    print(f"median of {len(medians)}: {statistics.median(medians):.2f}; at peak {statistics.median(limits):.2f}")


if __name__ == "__main__":
    main()

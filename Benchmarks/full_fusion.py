#!/usr/bin/env python3
"""Compares the layer with full fusion with the paper's kernels, over a list of shapes.

Both sequences run in every round of `tessera report`, in turns; the ratio is full fusion's time over the paper's of the
same round, the median over rounds, and "rows" the same of the sums of the rows' medians. Peak and copy bandwidth are of
the same process: a shape whose rounds a neighbour disturbed says little.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys

NAMES = ("batch", "length", "hidden", "heads", "feedforward")


def shapes(path):
    with open(path, encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [{name: int(row[name]) for name in NAMES} for row in rows]


def report(tessera, shape, runs):
    command = [tessera, "report", "--fusion=paper,full", f"--runs={runs}", "--format=json"]
    command += [f"--{name}={value}" for name, value in shape.items()]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if answer.returncode:
        sys.exit(f"full_fusion.py: {tessera} ended with status {answer.returncode}: {answer.stderr.strip()}")
    return json.loads(answer.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", required=True, metavar="TESSERA", help="the command")
    parser.add_argument("--list", default=os.path.join(os.path.dirname(__file__), "layers.csv"))
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    print("".join(f"{name:>12}" for name in NAMES)
          + f"{'full ms':>10}{'of paper':>10}{'rows':>8}{'spread':>8}{'GFLOP/s':>9}{'copy GB/s':>11}{'disturbed':>11}")
    ratios = []
    for shape in shapes(arguments.list):
        result = report(arguments.against, shape, arguments.runs)
        full, machine = result["endToEndFull"], result["machine"]
        rows = result["totalsFull"]["fusedMicroseconds"] / result["totals"]["fusedMicroseconds"]
        steady = machine["steadiness"]
        ratios.append(full["paperRatio"])
        print("".join(f"{value:>12}" for value in shape.values())
              + f"{full['fusedMicroseconds'] / 1e3:>10.2f}{full['paperRatio']:>10.3f}{rows:>8.3f}"
              f"{full['fusedSpread'] * 100:>7.0f}%{machine['peakGflops']['f32']:>9.0f}"
              f"{machine['peakBandwidthGBps']['copy']:>11.1f}{steady['disturbedRounds']:>7}/{steady['rounds']}",
              flush=True)
    print(f"{len(ratios)} shapes: median {statistics.median(ratios):.3f}, highest {max(ratios):.3f}")


if __name__ == "__main__":
    main()

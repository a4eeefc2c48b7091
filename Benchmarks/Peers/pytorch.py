#!/usr/bin/env python3
"""Measures the encoder layer of `tessera report` in PyTorch and writes JSON for `tessera report --peer`.

PyTorch's time depends on how the C library gets its memory, so everything is measured under three settings of it, each
in a process of its own because they are read when a process starts. The processes take turns, round by round, so that
slow minutes of a shared machine fall on all alike. The keys of the JSON are described in docs/report.md.

With --pass both, a training step is measured besides: forward in training and backward. With --against TESSERA, that
program's layer takes its turn in every round, and a comparison is printed instead: medians of both, and by how much the
library's layer is faster than PyTorch's fastest setting.
"""

import argparse
import errno
import json
import os
import platform
import re
import sys

from layer_rounds import MODES, as_flags, compare, measure, problem_of
from processes import SETTINGS, Worker, available_threads, first_line, processor_name


def work(arguments):
    """The worker's side, until standard input ends: a line is `rows` or a mode."""
    # Whatever libraries print goes to standard error; answers keep the real standard output for themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    import encoder_layer

    contender = encoder_layer.Contender(problem_of(arguments), arguments.threads)
    broken = set()
    print(json.dumps(versions()), file=answers)
    for line in sys.stdin:
        what = line.strip()
        result = None
        if what == "rows":
            result = contender.rows()
        elif what not in broken:
            try:
                result = contender.whole(what)
            except Exception as error:  # torch.compile needs a C++ compiler, which not every machine has.
                if not what.endswith("Compiled"):
                    raise
                broken.add(what)
                print(f"pytorch.py: {what} is left out: {first_line(error)}", file=sys.stderr)
        print(json.dumps(result), file=answers)


def versions():
    import torch

    shown = torch.__config__.show()

    def find(pattern):
        match = re.search(pattern, shown)
        return match.group(1) if match else "none"

    return {
        "python": platform.python_version(), "torch": torch.__version__,
        "mkl": find(r"Math Kernel Library Version (\S+?)-"), "oneDNN": find(r"MKL-DNN v(\S+)"),
    }


def parsed_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    for name, default, text in [
        ("batch", 8, "sequences"), ("length", 512, "tokens of a sequence"), ("hidden", 1024, "hidden width"),
        ("heads", 16, "attention heads"), ("feedforward", 4096, "width of the feed-forward half"),
        ("threads", available_threads(), "threads of PyTorch"), ("runs", 5, "timed runs"),
    ]:
        parser.add_argument(f"--{name}", type=int, default=default, help=text)
    parser.add_argument("--dropout", type=float, default=0.1, help="drop probability of each of the four dropouts")
    parser.add_argument("--pass", choices=list(MODES), default="forward", help="both: a training step too")
    parser.add_argument("--output", help="file to write; standard output where left out")
    parser.add_argument("--against", metavar="TESSERA", help="compare the layer's time with this program's, in turns")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.against and arguments.output:
        parser.error("--output: nothing is written with --against, which prints")
    for name in ("batch", "length", "hidden", "heads", "feedforward", "threads", "runs"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected 1 or more, got {getattr(arguments, name)}")
    if arguments.hidden % arguments.heads:
        parser.error(f"--hidden: expected a multiple of --heads, {arguments.heads}, got {arguments.hidden}")
    if not 0 <= arguments.dropout <= 1:
        parser.error(f"--dropout: expected 0 to 1, got {arguments.dropout}")
    return arguments


def write(document, path):
    text = json.dumps(document, indent=2) + "\n"
    if path is None:
        sys.stdout.write(text)
        return
    # Whole or not at all.
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def check_output(path):
    """Before minutes of measuring: ends with the reason where no file can be written beside `path`."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with open(temporary, "w", encoding="utf-8"):
            pass
        os.remove(temporary)
    except OSError as error:
        sys.exit(f"pytorch.py: --output: expected a file that can be written, got {path}: {error.strerror}")


def main():
    arguments = parsed_arguments()
    if arguments.worker:
        return work(arguments)
    if arguments.output:
        check_output(arguments.output)
    # -B: no folder of byte code beside the sources.
    worker = [sys.executable, "-B", os.path.abspath(__file__), "--worker"] + as_flags(arguments)
    workers = [Worker(worker, setting) for setting in SETTINGS]
    if arguments.against:
        compare(arguments, workers)
    else:
        settings, fastest = measure(arguments, workers)
        document = {
            "schema": 1, "peer": "PyTorch", "versions": workers[0].versions,
            "machine": {"cpu": processor_name(), "threads": arguments.threads}, "problem": problem_of(arguments),
            "runs": arguments.runs, "settings": settings, "fastest": fastest,
        }
        write(document, arguments.output)
    for worker in workers:
        worker.end()


if __name__ == "__main__":
    main()

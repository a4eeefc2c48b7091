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
import statistics
import subprocess
import sys

SETTINGS = {
    # As the system has it.
    "default": {},
    # What is freed stays with the process, and large blocks come from the heap too.
    "retained": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "1000000000"},
    # PyTorch aligns large blocks and asks for huge pages.
    "hugePages": {"THP_MEM_ALLOC_ENABLE": "1"},
}
# What is measured of the whole layer, by what --pass says.
MODES = {
    "forward": ["trainingEager", "trainingCompiled", "inferenceEager", "inferenceCompiled"],
    "both": [
        "trainingEager", "trainingCompiled", "stepEager", "stepCompiled", "inferenceEager", "inferenceCompiled",
    ],
}


class Worker:
    """A command's process under one setting. It answers a line with a line of JSON, and says its versions first."""

    def __init__(self, command, setting):
        environment = {name: value for name, value in os.environ.items() if not is_set_by_us(name)}
        environment.update(SETTINGS[setting])
        self.setting = setting
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            name = os.path.basename(sys.argv[0])
            sys.exit(f"{name}: the process under \"{self.setting}\" ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def is_set_by_us(variable):
    return any(variable in environment for environment in SETTINGS.values())


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


def first_line(error):
    return next(iter(str(error).splitlines()), type(error).__name__)


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


def summary(samples):
    """Of one figure over the runs; None where it could not be measured."""
    if None in samples:
        return None
    return {
        "medianMicroseconds": statistics.median(samples), "minimumMicroseconds": min(samples),
        "maximumMicroseconds": max(samples), "runs": len(samples),
    }


def measure(arguments, workers):
    """Rounds over all workers; what docs/report.md calls `settings`, and the name of the fastest."""
    modes = modes_of(arguments)
    rows = {worker.setting: [] for worker in workers}
    whole = {worker.setting: {mode: [] for mode in modes} for worker in workers}
    # The first round compiles and warms up; it does not count.
    for number in range(arguments.runs + 1):
        progress = f"run {number} of {arguments.runs}" if number else "compiling and warming up"
        print(f"pytorch.py: {progress}", file=sys.stderr)
        for worker in workers:
            times = worker.ask("rows")
            answers = {mode: worker.ask(mode) for mode in modes}
            if number:
                rows[worker.setting].append(times)
                for mode in modes:
                    whole[worker.setting][mode].append(answers[mode])
    settings = []
    for name in rows:
        figures = {id: summary([times[id] for times in rows[name]]) for id in rows[name][0]}
        settings.append({
            "name": name, "environment": SETTINGS[name],
            "rows": [{"id": id, **figure} for id, figure in figures.items()],
            "layer": {mode: summary(samples) for mode, samples in whole[name].items()},
        })
    return settings, min(settings, key=lambda one: sum(row["medianMicroseconds"] for row in one["rows"]))["name"]


def tessera_layer(arguments):
    """Microseconds of each mode of the library's layer, by a process of its own that warms up before it measures."""
    command = [
        arguments.against, "report", f"--pass={getattr(arguments, 'pass')}", "--layer", "--attention=tiled", "--runs=3",
        "--format=json",
    ]
    answer = subprocess.run(command + as_flags(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if answer.returncode:
        sys.exit(f"pytorch.py: {arguments.against} ended with status {answer.returncode}: {answer.stderr.strip()}")
    layer = json.loads(answer.stdout)["layer"]
    times = {"training": layer["trainingMicroseconds"], "inference": layer["inferenceMicroseconds"]}
    if "step" in layer:
        times["step"] = layer["step"]["microseconds"]
    return times


def compare(arguments, workers):
    """Rounds in which the library and every worker take turns; prints medians and ratios."""
    modes = modes_of(arguments)
    times = {}

    def note(who, mode, microseconds):
        if microseconds is not None:
            times.setdefault(mode, {}).setdefault(who, []).append(microseconds)

    # The first round compiles and warms up; it does not count.
    for number in range(arguments.runs + 1):
        print(f"pytorch.py: round {number} of {arguments.runs}", file=sys.stderr)
        ours = tessera_layer(arguments)
        answers = {(worker.setting, mode): worker.ask(mode) for worker in workers for mode in modes}
        if number:
            for mode in ours:
                note("tessera", mode, ours[mode])
            for (setting, mode), microseconds in answers.items():
                note(setting, mode, microseconds)
    # A ratio is of two times of one round, so that what a slow minute did to both does not show.
    print(f"{'mode':<18}{'setting':<12}{'ms':>9}{'tessera ms':>12}{'ratio':>8}{'lowest':>8}{'highest':>9}  rounds")
    for mode in modes:
        ours = times[mode.removesuffix("Eager").removesuffix("Compiled")]["tessera"]
        for setting, theirs in times.get(mode, {}).items():
            ratios = [their / our for their, our in zip(theirs, ours)]
            print(f"{mode:<18}{setting:<12}{statistics.median(theirs) / 1e3:>9.1f}{statistics.median(ours) / 1e3:>12.1f}"
                  f"{statistics.median(ratios):>8.2f}{min(ratios):>8.2f}{max(ratios):>9.2f}  {len(ratios)}")


def modes_of(arguments):
    return MODES[getattr(arguments, "pass")]


def problem_of(arguments):
    return {name: getattr(arguments, name) for name in ("batch", "length", "hidden", "heads", "feedforward", "dropout")}


def as_flags(arguments):
    values = {**problem_of(arguments), "threads": arguments.threads}
    return [f"--{name}={value}" for name, value in values.items()]


def processor_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"


def available_threads():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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

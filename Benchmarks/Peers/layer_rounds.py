"""Rounds of measuring the encoder layer: PyTorch's processes in turns, or the library's layer and they."""

import json
import statistics
import subprocess
import sys

from processes import SETTINGS

# What is measured of the whole layer, by what --pass says.
MODES = {
    "forward": ["trainingEager", "trainingCompiled", "inferenceEager", "inferenceCompiled"],
    "both": [
        "trainingEager", "trainingCompiled", "stepEager", "stepCompiled", "inferenceEager", "inferenceCompiled",
    ],
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
            print(f"{mode:<18}{setting:<12}{statistics.median(theirs) / 1e3:>9.1f}"
                  f"{statistics.median(ours) / 1e3:>12.1f}"
                  f"{statistics.median(ratios):>8.2f}{min(ratios):>8.2f}{max(ratios):>9.2f}  {len(ratios)}")


def modes_of(arguments):
    return MODES[getattr(arguments, "pass")]


def problem_of(arguments):
    return {name: getattr(arguments, name) for name in ("batch", "length", "hidden", "heads", "feedforward", "dropout")}


def as_flags(arguments):
    values = {**problem_of(arguments), "threads": arguments.threads}
    return [f"--{name}={value}" for name, value in values.items()]

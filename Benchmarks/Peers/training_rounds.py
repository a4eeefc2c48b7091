"""Rounds of training the decoder: a trial of PyTorch's settings, and the command and PyTorch in turns."""

import csv
import os
import statistics
import subprocess
import sys

MODES = ["Eager", "Compiled"]
TRIAL_ROUNDS = 3


class Tessera:
    """The command's training in a folder: each round goes on from the checkpoint of the one before."""

    def __init__(self, arguments, folder, threads):
        self.folder = folder
        # Tokens of a step, which seconds are made from; who wants seconds says so once it has read them.
        self.tokens = 1
        self.command = [
            arguments.against, "train", f"--text={arguments.text}", f"--output={folder}", f"--steps={arguments.steps}",
            f"--threads={threads}",
        ] + arguments.options

    def advance(self, last):
        """Goes on to a step; losses and seconds of all steps until then."""
        answer = subprocess.run(
            self.command + [f"--stop-after={last}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if answer.returncode:
            sys.exit(f"train_decoder.py: tessera train ended with status {answer.returncode}: {answer.stderr.strip()}")
        if last == 0:
            return [], []
        with open(os.path.join(self.folder, "loss.csv"), encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [float(row["loss"]) for row in rows], [self.tokens / float(row["tokens/s"]) for row in rows]


def best_settings(arguments, workers):
    """The setting in which steps are fastest, for each mode that there is."""
    times = {}
    # The first round compiles and warms up; it does not count.
    for number in range(TRIAL_ROUNDS + 1):
        print(f"train_decoder.py: trial {number} of {TRIAL_ROUNDS}", file=sys.stderr)
        for worker in workers:
            for mode in MODES:
                result = worker.ask(f"{mode} new {arguments.trial}")
                if number and result:
                    times.setdefault((mode, worker.setting), []).extend(result[1])
    print(f"{'trial':<12}{'setting':<12}{'ms a step':>10}")
    for (mode, setting), seconds in times.items():
        print(f"{mode:<12}{setting:<12}{statistics.median(seconds) * 1e3:>10.1f}")
    best = {}
    for mode in MODES:
        settings = [worker for worker in workers if (mode, worker.setting) in times]
        if settings:
            best[mode] = min(settings, key=lambda worker: statistics.median(times[mode, worker.setting]))
    return best


def compare(arguments, tessera, best):
    """All steps in rounds; the curves by contender."""
    curves, rounds = {mode: [] for mode in best}, []
    ours = []
    for start in range(0, arguments.steps, arguments.round):
        end = min(arguments.steps, start + arguments.round)
        print(f"train_decoder.py: steps {start + 1} to {end} of {arguments.steps}", file=sys.stderr)
        ours, seconds = tessera.advance(end)
        times = {"tessera": statistics.median(seconds[start:])}
        for mode, worker in best.items():
            losses, seconds = worker.ask(f"{mode} {'on' if start else 'new'} {end - start}")
            curves[mode] += losses
            times[mode] = statistics.median(seconds)
        rounds.append(times)
    is_alike = True
    print(f"{'mode':<12}{'setting':<12}{'ms':>9}{'tessera ms':>12}{'ratio':>8}{'lowest':>8}{'highest':>9}"
          f"{'loss differs':>14}{'at step':>9}  rounds")
    for mode, worker in best.items():
        ratios = [times[mode] / times["tessera"] for times in rounds]
        difference, step = max(
            (abs(one - other), step) for step, one, other in zip(range(1, end + 1), curves[mode], ours))
        # Written so that a loss that is no number fails.
        is_alike = is_alike and difference <= arguments.tolerance and len(curves[mode]) == len(ours) == arguments.steps
        print(f"{mode:<12}{worker.setting:<12}{statistics.median(times[mode] for times in rounds) * 1e3:>9.1f}"
              f"{statistics.median(times['tessera'] for times in rounds) * 1e3:>12.1f}{statistics.median(ratios):>8.2f}"
              f"{min(ratios):>8.2f}{max(ratios):>9.2f}{difference:>14.1e}{step:>9}  {len(ratios)}")
    return {"tessera": ours, **curves}, is_alike


def same_bits(arguments, folder, expected):
    """Whether each number of threads gives the same curve; the table's losses are read back to the same bits."""
    are_same = True
    for threads in arguments.thread_counts:
        print(f"train_decoder.py: {arguments.steps} steps with {threads} threads", file=sys.stderr)
        other = Tessera(arguments, os.path.join(folder, f"threads-{threads}"), threads)
        losses, _ = other.advance(arguments.steps)
        is_same = losses == expected
        print(f"{threads} threads: {'the same bits' if is_same else 'OTHER BITS'} of {len(losses)} losses")
        are_same = are_same and is_same
    return are_same

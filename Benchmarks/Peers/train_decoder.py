#!/usr/bin/env python3
"""Trains the decoder of `tessera train` in PyTorch too, from the same first values on the same batches, in turns.

First a trial settles what is PyTorch's best: of each setting of the allocator that pytorch.py knows, a few steps eager
and a few through torch.compile. Then the command, PyTorch eager and PyTorch compiled, the last two under the setting
that was fastest for each, take a round of steps each until the training is over. A ratio is PyTorch's median step over
the library's of one round; printed are the median of the rounds, the lowest and the highest, and by how much losses of
a step differ at most. The exit status is 1 where that is more than --tolerance.

A step is zeroing, forward, backward, clipping and AdamW (fused), until the loss is known. The library's time is that of
its own table, from the batch to the parameters. Options that are not listed here go to `tessera train`.
"""

import argparse
import csv
import json
import os
import sys
import tempfile

from processes import SETTINGS, Worker, available_threads, first_line, processor_name
from training_rounds import Tessera, best_settings, compare, same_bits


def work(arguments):
    """The worker's side: a line is a mode, `new` or `on`, and a number of steps."""
    # Whatever libraries print goes to standard error; answers keep the real standard output for themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    import torch

    from decoder import read_safetensors
    from decoder_training import Contender

    torch.set_num_threads(arguments.threads)
    state, texts = read_safetensors(os.path.join(arguments.worker, "training.safetensors"))
    with open(arguments.text, "rb") as file:
        text = file.read()
    contenders, broken = {}, set()
    print(json.dumps({"torch": torch.__version__}), file=answers)
    for line in sys.stdin:
        mode, beginning, steps = line.split()
        result = None
        if mode not in broken:
            try:
                if mode not in contenders:
                    contenders[mode] = Contender(mode, state, texts, text)
                if beginning == "new":
                    contenders[mode].restart()
                result = contenders[mode].advance(int(steps))
            except Exception as error:  # torch.compile needs a C++ compiler, which not every machine has.
                if mode != "Compiled":
                    raise
                broken.add(mode)
                print(f"train_decoder.py: {mode} is left out: {first_line(error)}", file=sys.stderr)
        print(json.dumps(result), file=answers)


def check_text(path, texts):
    """Ends where the text is not that of the checkpoint: FNV-1a of its bytes as ids."""
    with open(path, "rb") as file:
        text = file.read()
    hash = 0xCBF29CE484222325
    for byte in text:
        hash = (hash ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    found = f"{len(text)} tokens, hash {hash:x}"
    if found != texts["training.text"]:
        sys.exit(f"train_decoder.py: --text: expected {texts['training.text']}, got {found}")


def parsed_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--against", metavar="TESSERA", help="the command")
    parser.add_argument("--text", required=True, help="what is learned, any bytes")
    parser.add_argument("--steps", type=int, default=200, help="steps of the training (200)")
    parser.add_argument("--round", type=int, default=20, help="steps of a round (20)")
    parser.add_argument("--trial", type=int, default=5, help="steps of a trial's round (5)")
    parser.add_argument("--threads", type=int, default=available_threads(), help="threads of both")
    parser.add_argument("--tolerance", type=float, default=1e-3, help="by how much losses may differ (1e-3)")
    parser.add_argument("--losses", metavar="FILE", help="write the losses of every step as CSV")
    parser.add_argument(
        "--thread-counts", type=lambda text: [int(one) for one in text.split(",")], default=[], metavar="LIST",
        help="train again with each of these, and compare the curves' bits: 1,2,3,8")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments, arguments.options = parser.parse_known_args()
    if not arguments.worker and not arguments.against:
        parser.error("--against: expected the command")
    for name in ("steps", "round", "trial", "threads"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected 1 or more, got {getattr(arguments, name)}")
    return arguments


def main():
    arguments = parsed_arguments()
    if arguments.worker:
        return work(arguments)
    with tempfile.TemporaryDirectory(prefix="train-decoder-") as folder:
        is_good = run(arguments, folder)
    sys.exit(0 if is_good else 1)


def run(arguments, folder):
    from decoder import read_safetensors
    from decoder_training import Options

    start = os.path.join(folder, "start")
    tessera = Tessera(arguments, start, arguments.threads)
    tessera.advance(0)
    state, texts = read_safetensors(os.path.join(start, "training.safetensors"))
    check_text(arguments.text, texts)
    options = Options(texts)
    tessera.tokens = options.sequences * options.length
    worker = [
        sys.executable, "-B", os.path.abspath(__file__), f"--worker={start}", f"--text={arguments.text}",
        f"--threads={arguments.threads}",
    ]
    workers = [Worker(worker, setting) for setting in SETTINGS]
    count = sum(tensor.numel() for name, tensor in state.items() if not name.startswith(("first_", "second_")))
    print(f"PyTorch {workers[0].versions['torch']}, {processor_name()}, {arguments.threads} threads; "
          f"{count} parameters, {arguments.steps} steps of {options.sequences} × {options.length} tokens")
    best = best_settings(arguments, workers)
    for worker in workers:
        if worker not in best.values():
            worker.end()
    curves, is_good = compare(arguments, tessera, best)
    for worker in set(best.values()):
        worker.end()
    if arguments.losses:
        with open(arguments.losses, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["step"] + list(curves))
            writer.writerows([index + 1, *losses] for index, losses in enumerate(zip(*curves.values())))
    # Every count is trained, whatever came before.
    return same_bits(arguments, folder, curves["tessera"]) and is_good


if __name__ == "__main__":
    main()

"""The training of `tessera train` in PyTorch: what Trainer does, with the batches that docs/training.md describes."""

import math
import time

import torch

from decoder import Decoder, Sizes


class Options:
    """Of a training, out of the texts of training.safetensors."""

    def __init__(self, texts):
        def number(name):
            return float(texts["training." + name])

        self.steps, self.seed = int(number("steps")), int(texts["training.seed"])
        self.sequences, self.length = int(number("sequences")), int(number("length"))
        self.highest, self.lowest, self.warm_up = (
            number("learning_rate"), number("least_learning_rate"), int(number("warm_up_steps")))
        self.decays, self.epsilon = (number("first_decay"), number("second_decay")), number("epsilon")
        self.weight_decay, self.largest_norm = number("weight_decay"), number("largest_norm")

    def learning_rate(self, step):
        """Of a step from 0 on."""
        if step < self.warm_up:
            return self.highest * (step + 1) / self.warm_up
        passed = min(1, (step - self.warm_up) / max(1, self.steps - self.warm_up))
        return self.lowest + (self.highest - self.lowest) * (1 + math.cos(math.pi * passed)) / 2


def philox(counter, key):
    """Four words of Philox 4x32-10 (Salmon and others, SC 2011)."""
    (a, b, c, d), (first, second) = counter, key
    for _ in range(10):
        high, low = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = low >> 32 ^ b ^ first, low & 0xFFFFFFFF, high >> 32 ^ d ^ second, high & 0xFFFFFFFF
        first, second = (first + 0x9E3779B9) & 0xFFFFFFFF, (second + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


class Batches:
    """The pieces of a text that a step reads, as docs/training.md has them."""

    def __init__(self, text, options):
        self.text, self.options = torch.tensor(list(text)), options

    def starts(self, step):
        options = self.options
        key = options.seed & 0xFFFFFFFF, options.seed >> 32
        for sequence in range(options.sequences):
            words = philox((sequence, step & 0xFFFFFFFF, step >> 32, 1), key)
            yield (words[0] << 32 | words[1]) * (len(self.text) - options.length) >> 64

    def batch(self, step):
        """Tokens and targets of a step from 0 on."""
        pieces = torch.stack([self.text[start:start + self.options.length + 1] for start in self.starts(step)])
        return pieces[:, :-1].contiguous(), pieces[:, 1:].contiguous()


class Contender:
    """A training of one process, eager or compiled, that can begin anew."""

    def __init__(self, mode, state, texts, text):
        self.state, self.options = state, Options(texts)
        self.batches = Batches(text, self.options)
        self.decoder = Decoder(Sizes(texts), self.options.length)
        self.loss = torch.compile(self.decoder) if mode == "Compiled" else self.decoder
        self.restart()

    def restart(self):
        self.decoder.load(self.state)
        self.step = 0
        parameters = list(self.decoder.parameters())
        groups = [
            {"params": [one for one in parameters if one.dim() > 1], "weight_decay": self.options.weight_decay},
            {"params": [one for one in parameters if one.dim() == 1], "weight_decay": 0},
        ]
        self.optimizer = torch.optim.AdamW(groups, betas=self.options.decays, eps=self.options.epsilon, fused=True)

    def advance(self, steps):
        """Losses and seconds of the next steps."""
        losses, seconds = [], []
        for _ in range(steps):
            tokens, targets = self.batches.batch(self.step)
            start = time.perf_counter()
            for group in self.optimizer.param_groups:
                group["lr"] = self.options.learning_rate(self.step)
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss(tokens, targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.decoder.parameters(), self.options.largest_norm)
            self.optimizer.step()
            losses.append(loss.item())
            seconds.append(time.perf_counter() - start)
            self.step += 1
        return losses, seconds

"""The encoder layer of Tessera's report in PyTorch: its rows one by one, and as a whole.

Letters: N = B * L tokens, I hidden, H heads of P = I / H, U feed-forward; post-layer-norm, ReLU, four dropouts, fp32.
"""

import time

import torch
from torch import nn
from torch.nn import functional as F


class EncoderLayer(nn.Module):
    """The layer as its users write it: linear maps with their bias, PyTorch's own attention."""

    def __init__(self, problem):
        super().__init__()
        hidden, inner = problem["hidden"], problem["feedforward"]
        self.heads, self.dropout = problem["heads"], problem["dropout"]
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.norm_1 = nn.LayerNorm(hidden)
        self.linear_1 = nn.Linear(hidden, inner)
        self.linear_2 = nn.Linear(inner, hidden)
        self.norm_2 = nn.LayerNorm(hidden)

    def forward(self, x):
        batch, length, hidden = x.shape
        dropout = self.dropout if self.training else 0.0
        q, k, v = split_heads(self.qkv(x), batch, length, self.heads)
        mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout)
        mixed = self.out(mixed.transpose(1, 2).reshape(batch, length, hidden))
        x = self.norm_1(x + F.dropout(mixed, dropout, self.training))
        inner = F.dropout(F.relu(self.linear_1(x)), dropout, self.training)
        return self.norm_2(x + F.dropout(self.linear_2(inner), dropout, self.training))


def split_heads(qkv, batch, length, heads):
    """Q, K and V as [B, H, L, P]: views, in which nothing is copied."""
    return qkv.view(batch, length, 3, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def timed_rows(layer, x):
    """One training forward, operator after operator on what the one before gave; microseconds of each row by its id.

    Autograd records, and every result stays alive until the end, as in a training step. The copies that PyTorch makes
    of strided heads for its batched products, and of their result into token rows, count in `qkt` and `gamma`.
    """
    batch, length, hidden = x.shape
    heads, dropout = layer.heads, layer.dropout
    times = {}

    def row(name, operator):
        start = time.perf_counter()
        result = operator()
        times[name] = (time.perf_counter() - start) * 1e6
        return result

    def add_norm(name, product, linear, residual, norm, place):
        with_bias = row(f"{name}-bias", lambda: product + linear.bias)
        dropped = row(f"{name}-dropout", lambda: F.dropout(with_bias, dropout, True))
        total = row(f"residual-{place}", lambda: dropped + residual)
        return row(f"layer-norm-{place}", lambda: norm(total))

    tokens = x.view(batch * length, hidden)
    qkv = row("qkv", lambda: F.linear(tokens, layer.qkv.weight))
    qkv = row("input-bias", lambda: qkv + layer.qkv.bias)
    q, k, v = split_heads(qkv, batch, length, heads)
    scores = row("qkt", lambda: torch.matmul(q, k.transpose(-2, -1)))
    scale = (hidden // heads) ** -0.5
    weights = row("softmax", lambda: F.dropout(F.softmax(scores * scale, -1), dropout, True))
    mixed = row("gamma", lambda: torch.matmul(weights, v).transpose(1, 2).reshape(batch * length, hidden))
    out = row("out", lambda: F.linear(mixed, layer.out.weight))
    first = add_norm("out", out, layer.out, tokens, layer.norm_1, 1)
    inner = row("linear-1", lambda: F.linear(first, layer.linear_1.weight))
    with_bias = row("ffn-bias", lambda: inner + layer.linear_1.bias)
    active = row("relu", lambda: F.relu(with_bias))
    dropped = row("ffn-dropout", lambda: F.dropout(active, dropout, True))
    out2 = row("linear-2", lambda: F.linear(dropped, layer.linear_2.weight))
    add_norm("out2", out2, layer.linear_2, first, layer.norm_2, 2)
    return times


class Contender:
    """One process's layer: every measurement is one call that is not timed and one that is."""

    def __init__(self, problem, threads):
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        self.layer = EncoderLayer(problem)
        shape = (problem["batch"], problem["length"], problem["hidden"])
        self.x = torch.randn(*shape).requires_grad_(True)
        self.output_gradient = torch.randn(*shape)
        self.compiled = torch.compile(self.layer)

    def rows(self):
        self.layer.train()
        timed_rows(self.layer, self.x)
        return timed_rows(self.layer, self.x)

    def whole(self, mode):
        """Microseconds of `training`, `step` or `inference`, each followed by `Eager` or `Compiled`."""
        is_training = not mode.startswith("inference")
        call = self.compiled if mode.endswith("Compiled") else self.layer
        self.layer.train(is_training)
        if mode.startswith("step"):
            self.step(call)
            return self.step(call)
        with torch.set_grad_enabled(is_training):
            call(self.x)
            start = time.perf_counter()
            # Named, so that what it keeps for the backward pass is not freed within the time.
            result = call(self.x)
            end = time.perf_counter()
        del result
        return (end - start) * 1e6

    def step(self, call):
        """Microseconds of forward and backward: the gradients of input and parameters of the sum of the outputs times
        fixed numbers. There are no gradients before, as after `zero_grad(set_to_none=True)`, which is not timed."""
        self.layer.zero_grad(set_to_none=True)
        self.x.grad = None
        start = time.perf_counter()
        # The numbers are given as the gradient of the output, so that neither product nor sum takes time.
        call(self.x).backward(self.output_gradient)
        return (time.perf_counter() - start) * 1e6

"""The decoder of `tessera train` in PyTorch: what TrainableDecoder computes, under Hugging Face's names.

Llama's: RMS norms, rotary embedding with pairs half a head apart, causal attention in which query heads may share
key-value heads, SwiGLU, embedding and output map tied or not. Maps of one input are one product, as is usual.
"""

import json
import struct

import torch
from torch import nn
from torch.nn import functional as F


def read_safetensors(path):
    """Tensors by name, and the texts about the file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), bytearray(file.read())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32", f"{name}: expected F32, got {entry['dtype']}"
        tensors[name] = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin).view(
            entry["shape"]).clone()
    return tensors, metadata


class Sizes:
    """Out of the texts of a file that `tessera train` wrote, under the keys of Hugging Face's config.json."""

    def __init__(self, texts):
        self.layers, self.width = int(texts["num_hidden_layers"]), int(texts["hidden_size"])
        self.inner, self.vocabulary = int(texts["intermediate_size"]), int(texts["vocab_size"])
        self.heads, self.shared = int(texts["num_attention_heads"]), int(texts["num_key_value_heads"])
        self.dimension = int(texts["head_dim"])
        self.epsilon, self.base = float(texts["rms_norm_eps"]), float(texts["rope_theta"])
        self.is_tied = texts["tie_word_embeddings"] == "true"


class Norm(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(sizes.width)), sizes.epsilon

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


def rotated(x, cosines, sines):
    """Heads whose columns i and i + D / 2 are turned together."""
    first, second = x.chunk(2, -1)
    return x * cosines + torch.cat((-second, first), -1) * sines


class Layer(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        columns = (sizes.heads + 2 * sizes.shared) * sizes.dimension
        self.attention_norm, self.feed_forward_norm = Norm(sizes), Norm(sizes)
        self.joint = nn.Linear(sizes.width, columns, bias=False)
        self.attention_output = nn.Linear(sizes.heads * sizes.dimension, sizes.width, bias=False)
        self.gate_and_up = nn.Linear(sizes.width, 2 * sizes.inner, bias=False)
        self.down = nn.Linear(sizes.inner, sizes.width, bias=False)

    def forward(self, x, cosines, sines):
        heads, shared = self.sizes.heads, self.sizes.shared
        batch, length, _ = x.shape
        joint = self.joint(self.attention_norm(x)).view(batch, length, heads + 2 * shared, -1).transpose(1, 2)
        queries, keys, values = joint.split((heads, shared, shared), 1)
        attended = F.scaled_dot_product_attention(
            rotated(queries, cosines, sines), rotated(keys, cosines, sines), values, is_causal=True,
            enable_gqa=heads != shared)
        x = x + self.attention_output(attended.transpose(1, 2).reshape(batch, length, -1))
        gate, up = self.gate_and_up(self.feed_forward_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Decoder(nn.Module):
    """Gives the loss of a batch: the mean of the targets' cross-entropies."""

    def __init__(self, sizes, length, type=torch.float32):
        super().__init__()
        self.sizes = sizes
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.width)
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(sizes.layers))
        self.output_norm = Norm(sizes)
        self.output = nn.Linear(sizes.width, sizes.vocabulary, bias=False)
        if sizes.is_tied:
            self.output.weight = self.embedding.weight
        # Angles in double precision, as the library's table has them.
        powers = torch.arange(0, sizes.dimension, 2, dtype=torch.float64) / sizes.dimension
        angles = torch.outer(torch.arange(length, dtype=torch.float64), sizes.base**-powers).repeat(1, 2)
        self.register_buffer("cosines", angles.cos(), persistent=False)
        self.register_buffer("sines", angles.sin(), persistent=False)
        self.to(type)

    def forward(self, tokens, targets):
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, self.cosines, self.sines)
        logits = self.output(self.output_norm(x))
        return F.cross_entropy(logits.view(-1, self.sizes.vocabulary), targets.view(-1))

    def places(self):
        """Hugging Face's name of each tensor, with the parameter and the rows of it that it is."""
        yield "model.embed_tokens.weight", self.embedding.weight, slice(None)
        for index, layer in enumerate(self.layers):
            name, sizes = f"model.layers.{index}.", self.sizes
            keys = sizes.heads * sizes.dimension
            values = keys + sizes.shared * sizes.dimension
            yield name + "self_attn.q_proj.weight", layer.joint.weight, slice(0, keys)
            yield name + "self_attn.k_proj.weight", layer.joint.weight, slice(keys, values)
            yield name + "self_attn.v_proj.weight", layer.joint.weight, slice(values, None)
            yield name + "self_attn.o_proj.weight", layer.attention_output.weight, slice(None)
            yield name + "mlp.gate_proj.weight", layer.gate_and_up.weight, slice(0, sizes.inner)
            yield name + "mlp.up_proj.weight", layer.gate_and_up.weight, slice(sizes.inner, None)
            yield name + "mlp.down_proj.weight", layer.down.weight, slice(None)
            yield name + "input_layernorm.weight", layer.attention_norm.weight, slice(None)
            yield name + "post_attention_layernorm.weight", layer.feed_forward_norm.weight, slice(None)
        yield "model.norm.weight", self.output_norm.weight, slice(None)
        if not self.sizes.is_tied:
            yield "lm_head.weight", self.output.weight, slice(None)

    def load(self, tensors):
        with torch.no_grad():
            for name, parameter, rows in self.places():
                parameter[rows].copy_(tensors[name])

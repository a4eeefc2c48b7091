"""Writes smollm2-gradients.json: the gradients of SmolLM2-135M-Instruct's own weights, as PyTorch computes them.

    pip install torch numpy gguf
    python make.py SmolLM2-135M-Instruct.Q4_1.gguf

The file's weights are dequantised by the package `gguf`, which llama.cpp's authors write, and rows of queries and
keys are put into the order of Hugging Face's files, whose pairs of rotary columns are half a head apart. The decoder
is that of Benchmarks/Peers. The tokens are the first of ../Decoder/smollm2.json, and each token's target is the next
one. There are two cases: the first two layers under the output norm, and all layers, whose loss llama.cpp's
likelihoods give too.

The reference is in double precision. Of the gradient of each tensor, row after row, there are the norm and the sums
of its elements under eight lists of signs: bit k of the i-th number of SplitMix64, started with 1, makes element i of
sum k negative. The difference of two such sums is on average, as a root mean square, the norm of the difference of
the gradients: every element counts. `errorOfPyTorch` is that norm for PyTorch in single precision, and `error` the
same with the gradient of the output map's input as plain loops make it, one sum over the whole vocabulary: PyTorch
adds partial sums, which is nearer.
"""

import argparse
import json
import pathlib
import sys

import gguf
import numpy
import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "Benchmarks" / "Peers"))
sys.dont_write_bytecode = True

from decoder import Decoder, Sizes  # noqa: E402

TOKENS = 48
SUMS = 8
LAYERS = [2, 30]
OUTER = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
INNER = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}


def read(path):
    """Sizes as the texts of a config.json, and tensors as floats."""
    reader = gguf.GGUFReader(path)

    def key(name):
        field = reader.fields["llama." + name]
        return field.parts[field.data[0]][0]

    width, heads = int(key("embedding_length")), int(key("attention.head_count"))
    texts = {
        "num_hidden_layers": int(key("block_count")), "hidden_size": width,
        "intermediate_size": int(key("feed_forward_length")), "num_attention_heads": heads,
        "num_key_value_heads": int(key("attention.head_count_kv")), "head_dim": width // heads,
        "rms_norm_eps": float(key("attention.layer_norm_rms_epsilon")), "rope_theta": float(key("rope.freq_base")),
        "tie_word_embeddings": "true",
    }
    tensors = {}
    for tensor in reader.tensors:
        values = torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32))
        values = values.view(*reversed([int(extent) for extent in tensor.shape]))
        assert tensor.name != "output.weight", "expected tied weights"
        parts = tensor.name.split(".")
        if parts[0] != "blk":
            tensors[OUTER[tensor.name]] = values
            continue
        if parts[2] in ("attn_q", "attn_k"):
            # Rows 2i and 2i + 1 of a head are a pair; here they are half a head apart.
            values = values.view(-1, width // heads // 2, 2, width).transpose(1, 2).reshape(-1, width)
        tensors[f"model.layers.{parts[1]}.{INNER[parts[2]]}.weight"] = values
    texts["vocab_size"] = len(tensors["model.embed_tokens.weight"])
    return texts, tensors


class PlainOutputMap(torch.autograd.Function):
    """A linear map whose input's gradient is a sum over columns in ascending order."""

    @staticmethod
    def forward(context, x, weight):
        context.save_for_backward(x, weight)
        return x @ weight.t()

    @staticmethod
    def backward(context, gradient):
        x, weight = context.saved_tensors
        gradient = gradient.view(-1, len(weight))
        result = torch.zeros(len(gradient), weight.shape[1], dtype=weight.dtype)
        for column, row in enumerate(weight):
            result.addr_(gradient[:, column], row)
        return result.view(x.shape), gradient.t() @ x.reshape(-1, x.shape[-1])


def gradients(texts, tensors, ids, type, is_plain=False):
    """The loss, and each tensor's gradient as doubles."""
    decoder = Decoder(Sizes(texts), len(ids) - 1, type)
    decoder.load(tensors)
    if is_plain:
        decoder.output.forward = lambda x: PlainOutputMap.apply(x, decoder.output.weight)
    ids = torch.tensor([ids])
    loss = decoder(ids[:, :-1], ids[:, 1:])
    loss.backward()
    return loss.item(), {name: parameter.grad[rows].double() for name, parameter, rows in decoder.places()}


def signed_sums(gradient):
    values = gradient.flatten().numpy()
    with numpy.errstate(over="ignore"):
        x = numpy.uint64(1) + numpy.arange(1, len(values) + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x ^= x >> numpy.uint64(31)
    bits = x.astype(numpy.uint8)
    return [float(numpy.where(bits >> k & 1, -values, values).sum()) for k in range(SUMS)]


def case(texts, tensors, ids, layers):
    texts = {**texts, "num_hidden_layers": layers}
    loss, expected = gradients(texts, tensors, ids, torch.float64)
    single_loss, single = gradients(texts, tensors, ids, torch.float32)
    _, plain = gradients(texts, tensors, ids, torch.float32, is_plain=True)
    entries = [
        {
            "name": name, "norm": gradient.norm().item(), "error": (plain[name] - gradient).norm().item(),
            "errorOfPyTorch": (single[name] - gradient).norm().item(), "sums": signed_sums(gradient),
        } for name, gradient in expected.items()
    ]
    worst = max(entries, key=lambda entry: entry["error"] / entry["norm"])
    print(f"{layers} layers: loss {loss}, in single precision {single_loss - loss:.1e} more; largest relative error "
          f"{worst['error'] / worst['norm']:.1e}, of {worst['name']}")
    return {"layers": layers, "loss": loss, "lossError": abs(single_loss - loss), "gradients": entries}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    texts, tensors = read(parser.parse_args().model)
    ids = json.loads((HERE.parent / "Decoder" / "smollm2.json").read_text())["ids"][:TOKENS + 1]
    cases = [case(texts, tensors, ids, layers) for layers in LAYERS]
    lines = [
        f'"source": {json.dumps(f"PyTorch {torch.__version__}, gguf {gguf_version()}; written by make.py")}',
        f'"ids": {json.dumps(ids, separators=(",", ":"))}',
        '"cases": [\n' + ",\n".join(lines_of(case) for case in cases) + "\n]",
    ]
    (HERE / "smollm2-gradients.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def gguf_version():
    import importlib.metadata

    return importlib.metadata.version("gguf")


def lines_of(case):
    def number(value, digits):
        return float(f"{value:.{digits}g}")

    entries = [
        json.dumps({
            "name": entry["name"], "norm": number(entry["norm"], 10), "error": number(entry["error"], 3),
            "errorOfPyTorch": number(entry["errorOfPyTorch"], 3),
            "sums": [number(value, 10) for value in entry["sums"]],
        }, separators=(",", ":")) for entry in case["gradients"]
    ]
    head = json.dumps({key: case[key] for key in ("layers", "loss", "lossError")}, separators=(",", ":"))
    return head[:-1] + ',"gradients":[\n' + ",\n".join(entries) + "\n]}"


main()

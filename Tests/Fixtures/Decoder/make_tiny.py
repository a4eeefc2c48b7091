"""Writes tiny.json: logits of small random models of each architecture and option, as llama.cpp computes them.

    pip install gguf llama-cpp-py-sync
    python make_tiny.py [--library FILE --build NAME]

A model is described by its keys and tensors; weights follow from the tensors' names (`weights` here and in the tests),
so that a test makes the same file. Weights, keys and values are F32 and flash attention is off, so that llama.cpp rounds
nothing to fewer bits. `--library` and `--build`: see ../Tokenizer/make.py.
"""

import argparse
import importlib.metadata
import json
import pathlib
import tempfile

import gguf
import numpy
from llama_cpp_py_sync import _cffi_bindings as bindings

VOCABULARY = 64
IDS = [1, 17, 40, 3, 63, 3, 22, 9, 31, 0, 58, 12]
F32 = "float32"
U32 = "uint32"


def weights(name, shape, centre, reach):
    """Floats around a centre: the upper 24 bits of SplitMix64, started with the name's FNV-1a hash."""
    start = 0xCBF29CE484222325
    for byte in name.encode():
        start = (start ^ byte) * 0x100000001B3 % 2**64
    count = int(numpy.prod(shape))
    with numpy.errstate(over="ignore"):
        x = numpy.uint64(start) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x ^= x >> numpy.uint64(31)
    unit = (x >> numpy.uint64(40)).astype(numpy.float64) / 2**23 - 1
    return (centre + reach * unit).astype(numpy.float32).reshape(shape)


def model(name, architecture, *, width=32, heads=4, shared=2, dimension=None, biases=(), head_norms=False, keys=(),
          arrays=False, divisors=False, ties=False):
    d = dimension or width // heads
    ff, layers = 2 * width, 2
    sizes = {"block_count": layers, "context_length": 64, "embedding_length": width, "feed_forward_length": ff,
             "attention.head_count": heads, "attention.head_count_kv": shared}
    pairs = []
    for key, value in sizes.items():
        per_layer = arrays and key in ("feed_forward_length", "attention.head_count", "attention.head_count_kv")
        pairs.append([f"{architecture}.{key}", U32 + ("[]" if per_layer else ""), [value] * layers if per_layer else value])
    pairs.append([f"{architecture}.attention.layer_norm_rms_epsilon", F32, 1e-5])
    if dimension:
        pairs += [[f"{architecture}.attention.{key}", U32, d] for key in ("key_length", "value_length")]
    pairs += [[f"{architecture}.{key}", kind, value] for key, kind, value in keys]
    tensors = []

    def matrix(name, rows, columns):
        tensors.append([name, [rows, columns], 0, 1.5 / columns**0.5])

    def vector(name, count, centre, reach):
        tensors.append([name, [count], centre, reach])

    matrix("token_embd.weight", VOCABULARY, width)
    vector("output_norm.weight", width, 1, 0.5)
    if not ties:
        matrix("output.weight", VOCABULARY, width)
    if divisors:
        vector("rope_freqs.weight", d // 2, 4, 3)
    maps = {"attn_q": (heads * d, width), "attn_k": (shared * d, width), "attn_v": (shared * d, width),
            "attn_output": (width, heads * d), "ffn_gate": (ff, width), "ffn_up": (ff, width), "ffn_down": (width, ff)}
    for layer in range(layers):
        prefix = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            vector(prefix + norm + ".weight", width, 1, 0.5)
        if head_norms:
            for norm in ("attn_q_norm", "attn_k_norm"):
                vector(prefix + norm + ".weight", d, 1, 0.5)
        for map, (rows, columns) in maps.items():
            matrix(prefix + map + ".weight", rows, columns)
            if map in biases:
                vector(prefix + map + ".bias", rows, 0, 0.5)
    return {"name": name, "architecture": architecture, "keys": pairs, "tensors": tensors}


QKV = ("attn_q", "attn_k", "attn_v")
MODELS = [
    model("llama", "llama"),
    model("llama, tied, arrays of one number", "llama", arrays=True, ties=True),
    model("llama with every bias", "llama", biases=QKV + ("attn_output", "ffn_gate", "ffn_up", "ffn_down")),
    model("llama with some biases", "llama", biases=("attn_output", "ffn_down")),
    model("llama with rotary divisors", "llama", divisors=True, keys=[("rope.freq_base", F32, 500.0)]),
    model("llama with divisors and linear scaling", "llama", divisors=True,
          keys=[("rope.scaling.type", "string", "linear"), ("rope.scaling.factor", F32, 4.0)]),
    model("llama, a factor without a type", "llama", keys=[("rope.scaling.factor", F32, 4.0)]),
    model("llama, the older spelling of a factor", "llama", keys=[("rope.scale_linear", F32, 4.0)]),
    model("llama, a factor of 0", "llama", keys=[("rope.scaling.factor", F32, 0.0)]),
    model("llama, a factor of type none", "llama",
          keys=[("rope.scaling.type", "string", "none"), ("rope.scaling.factor", F32, 4.0)]),
    model("qwen2", "qwen2", biases=QKV, keys=[("rope.freq_base", F32, 1000.0)]),
    model("qwen2, tied", "qwen2", biases=QKV, shared=1, ties=True),
    model("qwen3", "qwen3", dimension=16, head_norms=True),
    model("qwen3, tied, heads wider than the stream's", "qwen3", dimension=24, heads=2, shared=1, head_norms=True, ties=True,
          keys=[("rope.freq_base", F32, 1e6)]),
]


def write(path, description):
    writer = gguf.GGUFWriter(str(path), description["architecture"])
    for key, kind, value in description["keys"]:
        if kind == "string":
            writer.add_string(key, value)
        elif kind == F32:
            writer.add_float32(key, value)
        elif kind == U32:
            writer.add_uint32(key, value)
        else:
            writer.add_array(key, value)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([chr(ord("!") + n) for n in range(VOCABULARY)])
    writer.add_token_types([1] * VOCABULARY)
    writer.add_token_merges(["! !"])
    for name, shape, centre, reach in description["tensors"]:
        writer.add_tensor(name, weights(name, shape, centre, reach))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def logits(path, ffi, lib):
    parameters = lib.llama_model_default_params()
    parameters.n_gpu_layers = 0
    loaded = lib.llama_model_load_from_file(str(path).encode(), parameters)
    assert loaded != ffi.NULL, path
    settings = lib.llama_context_default_params()
    settings.n_ctx, settings.n_batch, settings.n_ubatch = 64, 64, 64
    settings.n_threads = settings.n_threads_batch = 1
    settings.type_k = settings.type_v = 0  # F32
    settings.flash_attn_type = 0  # off
    context = lib.llama_init_from_model(loaded, settings)
    assert context != ffi.NULL
    rows = []
    for id in IDS:
        tokens = ffi.new("llama_token[1]", [id])
        assert lib.llama_decode(context, lib.llama_batch_get_one(tokens, 1)) == 0
        rows.append(list(lib.llama_get_logits_ith(context, -1)[0:VOCABULARY]))
    lib.llama_free(context)
    lib.llama_model_free(loaded)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library")
    parser.add_argument("--build", default="llama-cpp-py-sync " + importlib.metadata.version("llama-cpp-py-sync"))
    options = parser.parse_args()
    ffi = bindings.get_ffi()
    lib = ffi.dlopen(options.library) if options.library else bindings.get_lib()
    lib.llama_backend_init()
    listed = []
    with tempfile.TemporaryDirectory() as folder:
        for description in MODELS:
            path = pathlib.Path(folder) / "tiny.gguf"
            write(path, description)
            rows = [[float(numpy.format_float_positional(numpy.float32(x), unique=True)) for x in row]
                    for row in logits(path, ffi, lib)]
            # The last rows depend on all before them.
            listed.append(json.dumps({**description, "logits": rows[-3:]}, separators=(",", ":")))
    output = pathlib.Path(__file__).parent / "tiny.json"
    source = json.dumps(f"llama.cpp, {options.build}; written by make_tiny.py")
    output.write_text('{"source": ' + source + f', "ids": {IDS}, "models": [\n' + ",\n".join(listed) + "\n]}\n")
    print(f"{len(MODELS)} models")


main()

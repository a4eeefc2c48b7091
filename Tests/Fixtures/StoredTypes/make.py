"""Writes rows.gguf and logits.json: small decoders whose matrices are of one quantised type each.

    pip install gguf==0.19.0 llama-cpp-py-sync xllamacpp
    python Tests/Fixtures/StoredTypes/make.py --library FILE --build NAME

llama-cpp-py-sync brings declarations; `--library` names a build of llama.cpp, such as the extension module in the
package xllamacpp, and `--build` says which.

rows.gguf has rows of 256 normal numbers as llama.cpp's own quantiser stores them, one tensor a type. A matrix of a
model is made of them: its row r, of the n-th matrix in the order of `matrices`, is row (31 r + 57 n) % ROWS.

logits.json has llama.cpp's logits of each model at some positions, computed with the rows as gguf's code reads them, in
F32: from stored weights llama.cpp multiplies activations that are rounded to eight bits. That it reads the same
weights where they are stored is checked here, as far as those are exact.
"""

import argparse
import json
import pathlib
import tempfile

import cffi
import gguf
import numpy
from gguf import GGMLQuantizationType as Type
from gguf import quants
from llama_cpp_py_sync import _cffi_bindings as bindings

TYPES = [Type.Q5_0, Type.Q5_1, Type.Q2_K, Type.Q3_K, Type.Q5_K]
ROWS = 127
WIDTH, VOCABULARY, LAYERS, HEADS, KEY_VALUE_HEADS = 256, 64, 2, 4, 2
TOKENS = [(7 * i * i + 3 * i + 1) % VOCABULARY for i in range(24)]
POSITIONS = [0, 1, 9, 16, 23]
here = pathlib.Path(__file__).parent


def matrices():
    """Name and number of rows of each matrix."""
    yield "token_embd.weight", VOCABULARY
    for layer in range(LAYERS):
        for part in ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]:
            rows = WIDTH // HEADS * KEY_VALUE_HEADS if part in ("attn_k", "attn_v") else WIDTH
            yield f"blk.{layer}.{part}.weight", rows
    yield "output.weight", VOCABULARY


def norms():
    for layer in range(LAYERS):
        yield f"blk.{layer}.attn_norm.weight"
        yield f"blk.{layer}.ffn_norm.weight"
    yield "output_norm.weight"


def quantised(library, kind, rows):
    """Rows of numbers in blocks, by llama.cpp."""
    ffi = cffi.FFI()
    ffi.cdef("size_t ggml_quantize_chunk(int, const float *, void *, int64_t, int64_t, int64_t, const float *);")
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    stored = numpy.zeros((len(rows), WIDTH // elements * size), numpy.uint8)
    written = ffi.dlopen(library).ggml_quantize_chunk(
        int(kind), ffi.cast("float *", rows.ctypes.data), ffi.cast("void *", stored.ctypes.data), 0, len(rows), WIDTH,
        ffi.NULL)
    assert written == stored.size
    return stored


def write_model(path, rows, kind):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("none")
    writer.add_vocab_size(VOCABULARY)
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    for number, (name, count) in enumerate(matrices()):
        order = [(31 * row + 57 * number) % ROWS for row in range(count)]
        writer.add_tensor(name, rows[order], raw_dtype=kind)
    for name in norms():
        writer.add_tensor(name, (1 + numpy.arange(WIDTH) * 5 % 16 / 32).astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def logits(library, path):
    """llama.cpp's, of each token."""
    ffi = bindings.get_ffi()
    lib = ffi.dlopen(library)
    silent = ffi.callback("void(enum ggml_log_level, char *, void *)", lambda *_: None)
    lib.llama_log_set(silent, ffi.NULL)
    model = lib.llama_model_load_from_file(str(path).encode(), lib.llama_model_default_params())
    assert model != ffi.NULL, path
    parameters = lib.llama_context_default_params()
    parameters.n_ctx = 64
    parameters.type_k = parameters.type_v = lib.GGML_TYPE_F32
    parameters.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.n_threads = parameters.n_threads_batch = 1
    context = lib.llama_init_from_model(model, parameters)
    values = []
    # One by one: a batch has the logits of its last token.
    for token in TOKENS:
        tokens = ffi.new("llama_token[1]", [token])
        assert lib.llama_decode(context, lib.llama_batch_get_one(tokens, 1)) == 0
        values.append(list(lib.llama_get_logits_ith(context, -1)[0:VOCABULARY]))
    lib.llama_free(context)
    lib.llama_model_free(model)
    return numpy.array(values)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", required=True)
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    random = numpy.random.default_rng(20261128)
    # Of this spread, so that a product of a row with normal numbers is one, too.
    rows = (random.standard_normal((ROWS, WIDTH)) / numpy.sqrt(WIDTH)).astype(numpy.float32)
    palette = gguf.GGUFWriter(here / "rows.gguf", "rows")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in TYPES:
            stored = quantised(options.library, kind, rows)
            palette.add_tensor(kind.name, stored, raw_dtype=kind)
            path = pathlib.Path(folder) / f"{kind.name}.gguf"
            write_model(path, quants.dequantize(stored, kind).astype(numpy.float32), Type.F32)
            exact = logits(options.library, path)
            write_model(path, stored, kind)
            rounded = logits(options.library, path)
            difference = numpy.abs(rounded - exact).max() / numpy.abs(exact).max()
            print(kind.name, "largest logit", numpy.abs(exact).max(), "from stored weights", difference)
            assert difference < 0.1
            found[kind.name] = [[float(f"{value:.8g}") for value in exact[position]] for position in POSITIONS]
    palette.write_header_to_file()
    palette.write_kv_data_to_file()
    palette.write_tensors_to_file()
    palette.close()
    fixture = {
        "source": f"llama.cpp, {options.build}; written by make.py",
        "tokens": TOKENS,
        "positions": POSITIONS,
        "matrices": [[name, count] for name, count in matrices()],
        "norms": list(norms()),
    }
    lines = [f'"{key}": ' + json.dumps(value) for key, value in fixture.items()]
    values = ",\n".join(f'"{name}": ' + json.dumps(value, separators=(",", ":")) for name, value in found.items())
    (here / "logits.json").write_text("{\n" + ",\n".join(lines) + ',\n"logits": {\n' + values + "\n}\n}\n")


main()

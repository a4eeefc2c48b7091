"""Makes the sample files beside this script with other people's writers and dequantisers.

    python3 -m pip install gguf==0.19.0 safetensors==0.5.3 numpy
    python3 Tests/Fixtures/ModelFiles/make_samples.py

sample.gguf        metadata of every type, and a tensor of every element type that Tessera reads
sample.safetensors tensors of three element types, and texts
*.expected.f32     for each tensor, in the order of the files' names, what gguf's or numpy's own code makes of it
"""
import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants
from safetensors import serialize

folder = pathlib.Path(__file__).parent
random = np.random.default_rng(20261126)
# Where the half floats are, in blocks that gguf cannot make.
SCALES = {Type.Q4_K: (0, 4), Type.Q6_K: (208, 210), Type.Q2_K: (80, 84), Type.Q3_K: (108, 110), Type.Q5_K: (0, 4)}


def quantised(kind, rows, columns):
    """Quantised by gguf where it can; otherwise any bytes, with scales that are small numbers."""
    try:
        return quants.quantize(random.standard_normal((rows, columns), dtype=np.float32), kind)
    except NotImplementedError:
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (rows, columns // elements, size), dtype=np.uint8)
        scales = (random.standard_normal((rows, columns // elements, 2)) / 64).astype(np.float16).view(np.uint8)
        first, last = SCALES[kind]
        blocks[:, :, first:last] = scales[:, :, 0:last - first]
        return blocks.reshape(rows, -1)


def make_gguf():
    writer = gguf.GGUFWriter(folder / "sample.gguf", "llama")
    writer.add_uint8("number.uint8", 200)
    writer.add_int8("number.int8", -100)
    writer.add_uint16("number.uint16", 60000)
    writer.add_int16("number.int16", -30000)
    writer.add_uint32("number.uint32", 4000000000)
    writer.add_int32("number.int32", -2000000000)
    writer.add_uint64("number.uint64", 2**64 - 1)
    writer.add_int64("number.int64", -(2**63))
    writer.add_float32("number.float32", 0.5)
    writer.add_float64("number.float64", 0.1)
    writer.add_bool("truth", True)
    writer.add_string("text", "naïve 🦙")
    writer.add_array("array.texts", ["", "a", "longer than fifteen bytes"])
    writer.add_array("array.integers", [3, -1, 2])
    writer.add_array("array.floats", [0.25, -1.5])
    writer.add_array("array.nested", [[1, 2], [3]])
    kinds = [
        Type.F32, Type.F16, Type.BF16, Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q4_K, Type.Q6_K, Type.Q5_0, Type.Q5_1,
        Type.Q2_K, Type.Q3_K, Type.Q5_K,
    ]
    expected = {}
    for kind in kinds:
        rows, columns = (2, 512) if kind in SCALES else (3, 64)
        stored = quantised(kind, rows, columns)
        expected[kind.name] = quants.dequantize(stored, kind).astype(np.float32)
        writer.add_tensor(kind.name, stored, raw_dtype=kind)
    # Every half float that is a number, infinities included.
    halves = np.arange(65536, dtype=np.uint16)[::37].view(np.float16)
    halves = halves[~np.isnan(halves)]
    writer.add_tensor("halves", halves)
    expected["halves"] = halves.astype(np.float32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    np.concatenate([expected[name].ravel() for name in sorted(expected)]).astype("<f4").tofile(
        folder / "sample.gguf.expected.f32")


def make_safetensors():
    values = random.standard_normal((3, 5)).astype(np.float32)
    stored = {
        "single": ("float32", values.astype("<f4")),
        "half": ("float16", values.astype("<f2")),
        "brain \"é\"": ("bfloat16", (values.view(np.uint32) >> 16).astype("<u2")),
        "empty": ("float32", np.zeros((0, 4), "<f4")),
        "integers": ("int64", np.arange(3, dtype="<i8")),
    }
    tensors = {
        name: {"dtype": kind, "shape": list(array.shape), "data": array.tobytes()}
        for name, (kind, array) in stored.items()
    }
    (folder / "sample.safetensors").write_bytes(serialize(tensors, {"format": "pt", "note": "line\nbreak"}))
    brain = (values.view(np.uint32) & 0xFFFF0000).view(np.float32)
    parts = [brain, values.astype(np.float16).astype(np.float32), values]
    np.concatenate([part.ravel() for part in parts]).astype("<f4").tofile(
        folder / "sample.safetensors.expected.f32")


make_gguf()
make_safetensors()

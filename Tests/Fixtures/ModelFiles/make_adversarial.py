"""Makes the hostile files in the folder `adversarial` beside this script; needs nothing but Python.

    python3 Tests/Fixtures/ModelFiles/make_adversarial.py

A file whose name begins with "good" can be read; every other is wrong in the one way that its name says.
"""
import pathlib
import struct

folder = pathlib.Path(__file__).parent / "adversarial"
folder.mkdir(exist_ok=True)
for old in folder.iterdir():
    old.unlink()

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
MOST = 2**64 - 1


def u32(value):
    return struct.pack("<I", value)


def u64(value):
    return struct.pack("<Q", value)


def text(value, length=None):
    value = value.encode() if isinstance(value, str) else value
    return u64(len(value) if length is None else length) + value


def pair(key, kind, value):
    return text(key) + u32(kind) + value


def array(kind, count, values=b""):
    return u32(kind) + u64(count) + values


def info(name, extents=(32, 2), kind=0, offset=0, extent_count=None):
    count = len(extents) if extent_count is None else extent_count
    return text(name) + u32(count) + b"".join(map(u64, extents)) + u32(kind) + u64(offset)


name_pair = pair("general.name", STRING, text("a"))


def gguf(pairs=(name_pair,), infos=None, data=bytes(1024), version=3, tensors=None, keys=None, magic=b"GGUF",
         alignment=32):
    infos = [info("x"), info("y", offset=256)] if infos is None else infos
    head = magic + u32(version)
    head += u64(len(infos) if tensors is None else tensors) + u64(len(pairs) if keys is None else keys)
    head += b"".join(pairs) + b"".join(infos)
    return head + bytes(-len(head) % alignment) + data




def vocabulary(model, tokens, kinds, *pairs):
    """A file's tokenizer, which readers make one of."""
    key = "tokenizer.ggml."
    return gguf(infos=[], data=b"", pairs=[
        pair(key + "model", STRING, text(model)),
        pair(key + "tokens", ARRAY, array(STRING, len(tokens), b"".join(map(text, tokens)))),
        pair(key + "token_type", ARRAY, array(U8, len(kinds), bytes(kinds))),
        *(pair(key + name, kind, value) for name, kind, value in pairs),
    ])


good = gguf(data=bytes(512))
files = {
    "good.gguf": good,
    "good-version-2.gguf": gguf(version=2),
    "good-no-tensors.gguf": gguf(infos=[], data=b""),
    "good-nothing.gguf": b"GGUF" + u32(3) + u64(0) + u64(0),
    "good-alignment-64.gguf": gguf(pairs=[pair("general.alignment", U32, u32(64))], alignment=64),
    "good-unknown-type.gguf": gguf(infos=[info("x", kind=9999), info("y", offset=256)]),
    "good-blocks.gguf": gguf(
        infos=[
            info(f"x{kind}", extents=(256,), kind=kind, offset=256 * index)
            for index, kind in enumerate([6, 7, 10, 11, 13])
        ],
        data=b"\xff" * (4 * 256 + 176)),
    "good-empty-tensor.gguf": gguf(infos=[info("x", extents=(0, 2**40)), info("y")]),
    "good-single-number.gguf": gguf(infos=[info("x", extents=())]),
    "good-deepest-array.gguf": gguf(pairs=[pair("k", ARRAY, array(ARRAY, 1) * 3 + array(U8, 1, b"x"))]),
    "good-byte-pairs.gguf": vocabulary(
        "gpt2", ["a", "b", "ab", "Ġ", "Ġab", "<|end|>"], [1, 1, 1, 1, 1, 3],
        ("merges", ARRAY, array(STRING, 2, text("a b") + text("Ġ ab"))), ("pre", STRING, text("default"))),
    "good-sentence-pieces.gguf": vocabulary(
        "llama", ["<unk>", "<s>", "</s>", "<0x41>", "▁", "a", "b", "ab", "▁ab", "<u>"], [2, 3, 3, 6, 1, 1, 1, 1, 1, 4],
        ("scores", ARRAY, array(F32, 10, struct.pack("<10f", 0, 0, 0, 0, -1, -2, -3, -4, -5, 0))),
        ("eot_token_id", U32, u32(9))),
    "magic.gguf": gguf(magic=b"GGML"),
    "version-0.gguf": gguf(version=0),
    "version-1.gguf": gguf(version=1),
    "version-4.gguf": gguf(version=4),
    "big-endian.gguf": gguf(version=3 << 24),
    "tensor-count-most.gguf": gguf(tensors=MOST),
    "tensor-count-negative.gguf": gguf(tensors=2**63),
    "tensor-count-large.gguf": gguf(tensors=2**40),
    "tensor-count-one-more.gguf": gguf(tensors=3),
    "pair-count-most.gguf": gguf(keys=MOST),
    "pair-count-large.gguf": gguf(keys=2**40),
    "pair-count-one-more.gguf": gguf(keys=2, infos=[]),
    "key-length-most.gguf": gguf(pairs=[text("k", MOST) + u32(U8) + b"x"]),
    "key-length-signed.gguf": gguf(pairs=[text("k", 2**63 - 1) + u32(U8) + b"x"]),
    "key-empty.gguf": gguf(pairs=[pair("", U8, b"x")]),
    "key-too-long.gguf": gguf(pairs=[pair("k" * 65536, U8, b"x")], infos=[], data=b""),
    "key-twice.gguf": gguf(pairs=[name_pair, name_pair]),
    "key-not-utf8.gguf": gguf(pairs=[pair(b"\xff\xfe", U8, b"x")]),
    "value-type.gguf": gguf(pairs=[pair("k", 13, b"x" * 8)]),
    "string-length-most.gguf": gguf(pairs=[pair("k", STRING, text("v", MOST))]),
    "string-length-past-end.gguf": gguf(pairs=[pair("k", STRING, text("v", 100_000))]),
    "array-type.gguf": gguf(pairs=[pair("k", ARRAY, array(77, 1, b"x" * 8))]),
    "array-count-most.gguf": gguf(pairs=[pair("k", ARRAY, array(U64, MOST))]),
    "array-count-overflow.gguf": gguf(pairs=[pair("k", ARRAY, array(U64, 2**61))]),
    "array-strings-most.gguf": gguf(pairs=[pair("k", ARRAY, array(STRING, 2**60))]),
    "array-arrays-most.gguf": gguf(pairs=[pair("k", ARRAY, array(ARRAY, 2**60))]),
    "array-too-deep.gguf": gguf(pairs=[pair("k", ARRAY, array(ARRAY, 1) * 4 + array(U8, 1, b"x"))]),
    "array-very-deep.gguf": gguf(pairs=[pair("k", ARRAY, array(ARRAY, 1) * 2000 + array(U8, 1, b"x"))]),
    "alignment-zero.gguf": gguf(pairs=[pair("general.alignment", U32, u32(0))]),
    "alignment-24.gguf": gguf(pairs=[pair("general.alignment", U32, u32(24))]),
    "alignment-text.gguf": gguf(pairs=[pair("general.alignment", STRING, text("32"))]),
    "alignment-most.gguf": gguf(pairs=[pair("general.alignment", U64, u64(MOST))]),
    "alignment-huge.gguf": gguf(pairs=[pair("general.alignment", U64, u64(2**62))]),
    "extents-too-many.gguf": gguf(infos=[info("x", extents=(1,) * 5)]),
    "extents-count-most.gguf": gguf(infos=[info("x", extent_count=2**32 - 1)]),
    "extents-overflow.gguf": gguf(infos=[info("x", extents=(2**32, 2**32))]),
    "extents-bytes-overflow.gguf": gguf(infos=[info("x", extents=(2**31, 2**31))]),
    "extents-empty-overflow.gguf": gguf(infos=[info("x", extents=(0, 2**40, 2**40))]),
    "extents-empty-row-overflow.gguf": gguf(infos=[info("x", extents=(2**62, 0))]),
    "extent-most.gguf": gguf(infos=[info("x", extents=(MOST,))]),
    "block-incomplete.gguf": gguf(infos=[info("x", extents=(33, 32), kind=2)]),
    # A row that is no whole block of 256, and of each of these types one byte less than a block.
    "block-of-256-incomplete.gguf": gguf(infos=[info("x", extents=(224, 8), kind=13)]),
    **{
        f"block-cut-{kind}.gguf": gguf(infos=[info("x", extents=(elements,), kind=kind)], data=bytes(size - 1))
        for kind, elements, size in [(6, 32, 22), (7, 32, 24), (10, 256, 84), (11, 256, 110), (13, 256, 176)]
    },
    "single-number-quantised.gguf": gguf(infos=[info("x", extents=(), kind=2)]),
    "offset-unaligned.gguf": gguf(infos=[info("x", offset=8)]),
    "offset-most.gguf": gguf(infos=[info("x", offset=MOST - 31)]),
    "offset-signed.gguf": gguf(infos=[info("x", offset=2**63 - 32)]),
    "offset-past-end.gguf": gguf(infos=[info("x", offset=4096)]),
    "offset-unknown-type-past-end.gguf": gguf(infos=[info("x", kind=9999, offset=4096)]),
    "data-missing.gguf": gguf(data=b""),
    "data-short.gguf": good[:-1],
    "tensors-same-place.gguf": gguf(infos=[info("x"), info("y")]),
    "tensors-overlap.gguf": gguf(infos=[info("x"), info("y", offset=224)]),
    "tensor-twice.gguf": gguf(infos=[info("x"), info("x", offset=256)]),
    "tensor-name-empty.gguf": gguf(infos=[info("")]),
    "tensor-name-most.gguf": gguf(infos=[text("x", MOST)]),
}
for length in (1, 4, 7, 8, 12, 20, 24, 30, 40, 52, 70, 90, 110, 127, 300):
    files[f"truncated-{length:03}.gguf"] = good[:length]


def safetensors(header, data=bytes(16), length=None):
    header = header.encode() if isinstance(header, str) else header
    return u64(len(header) if length is None else length) + header + data


def entry(dtype='"F32"', shape="[2,2]", offsets="[0,16]", more=""):
    return f'{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}{more}}}'


one = '{"x":' + entry() + "}"
two = '{"x":%s,"y":%s}'
files |= {
    "good.safetensors": safetensors(one),
    "good-space.safetensors": safetensors(one.replace(":", " : ").replace(",", " ,\n") + "   "),
    "good-texts.safetensors": safetensors('{"__metadata__":{"format":"pt"},"x":' + entry() + "}"),
    "good-escapes.safetensors": safetensors('{"\\u0078\\ud83e\\udd99\\n":' + entry() + "}"),
    "good-nothing.safetensors": safetensors("{}", data=b""),
    "good-unknown-type.safetensors": safetensors('{"x":' + entry(dtype='"I64"', shape="[2]") + "}"),
    "good-empty-tensor.safetensors": safetensors(two % (entry(shape="[0,9]", offsets="[0,0]"), entry())),
    "short.safetensors": b"\x02\x00",
    "length-zero.safetensors": safetensors("", data=b""),
    "length-most.safetensors": safetensors(one, length=MOST),
    "length-signed.safetensors": safetensors(one, length=2**63),
    "length-past-end.safetensors": safetensors(one, length=1000),
    "length-cuts-header.safetensors": safetensors(one, length=20),
    "not-json.safetensors": safetensors("xxxx"),
    "space-first.safetensors": safetensors(" " + one),
    "array.safetensors": safetensors("[]"),
    "deep-arrays.safetensors": safetensors('{"x":' + "[" * 4000),
    "deep-objects.safetensors": safetensors('{"x":' * 1000),
    "after-header.safetensors": safetensors(one + "}"),
    "comma-last.safetensors": safetensors(one[:-1] + ",}"),
    "name-twice.safetensors": safetensors(two.replace("y", "x") % (entry(), entry(offsets="[16,32]")), bytes(32)),
    "name-twice-escaped.safetensors":
        safetensors(two.replace("y", "\\u0078") % (entry(), entry(offsets="[16,32]")), bytes(32)),
    "name-control.safetensors": safetensors('{"x\n":' + entry() + "}"),
    "name-not-utf8.safetensors": safetensors(b'{"\xff":' + entry().encode() + b"}"),
    "name-half-character.safetensors": safetensors('{"\\ud83e":' + entry() + "}"),
    "name-wrong-half.safetensors": safetensors('{"\\ud83e\\u0041":' + entry() + "}"),
    "name-bad-escape.safetensors": safetensors('{"\\x41":' + entry() + "}"),
    "name-open.safetensors": safetensors('{"x', data=b""),
    "texts-twice.safetensors": safetensors('{"__metadata__":{},"__metadata__":{},"x":' + entry() + "}"),
    "text-twice.safetensors": safetensors('{"__metadata__":{"a":"","a":""},"x":' + entry() + "}"),
    "text-number.safetensors": safetensors('{"__metadata__":{"a":1},"x":' + entry() + "}"),
    "field-unknown.safetensors": safetensors('{"x":' + entry(more=',"z":1') + "}"),
    "field-twice.safetensors": safetensors('{"x":' + entry(more=',"dtype":"F32"') + "}"),
    "field-missing.safetensors": safetensors('{"x":{"dtype":"F32","shape":[4]}}'),
    "dtype-number.safetensors": safetensors('{"x":' + entry(dtype="7") + "}"),
    "shape-negative.safetensors": safetensors('{"x":' + entry(shape="[-2,-2]") + "}"),
    "shape-fraction.safetensors": safetensors('{"x":' + entry(shape="[2.0,2]") + "}"),
    "shape-leading-zero.safetensors": safetensors('{"x":' + entry(shape="[02,2]") + "}"),
    "shape-most.safetensors": safetensors('{"x":' + entry(shape="[18446744073709551616]") + "}"),
    "shape-overflow.safetensors": safetensors('{"x":' + entry(shape="[4294967296,4294967296]") + "}"),
    "shape-empty-row-overflow.safetensors":
        safetensors('{"x":' + entry(shape="[0,4611686018427387904]", offsets="[0,0]") + "}", data=b""),
    "shape-long.safetensors": safetensors('{"x":' + entry(shape="[" + "1," * 500 + "4]") + "}"),
    "offsets-three.safetensors": safetensors('{"x":' + entry(offsets="[0,16,16]") + "}"),
    "offsets-one.safetensors": safetensors('{"x":' + entry(offsets="[0]") + "}"),
    "offsets-reversed.safetensors": safetensors('{"x":' + entry(offsets="[16,0]") + "}"),
    "offsets-size.safetensors": safetensors('{"x":' + entry(offsets="[0,12]") + "}", bytes(12)),
    "offsets-past-end.safetensors":
        safetensors('{"x":' + entry(offsets="[9223372036854775791,9223372036854775807]") + "}"),
    "gap.safetensors": safetensors(two % (entry(), entry(offsets="[20,36]")), bytes(36)),
    "gap-first.safetensors": safetensors('{"x":' + entry(offsets="[4,20]") + "}", bytes(20)),
    "overlap.safetensors": safetensors(two % (entry(), entry(offsets="[8,24]")), bytes(24)),
    "data-short.safetensors": safetensors(one, bytes(15)),
    "data-long.safetensors": safetensors(one, bytes(17)),
}
for name, contents in files.items():
    (folder / name).write_bytes(contents)

"""Writes smollm2.json: texts, llama.cpp's token ids for them, and the part of the vocabulary that they can touch.

    pip install gguf llama-cpp-py-sync
    python make.py SmolLM2-135M-Instruct.Q4_1.gguf [--library FILE --build NAME]

llama-cpp-py-sync brings declarations and a library that wants glibc 2.38; `--library` names another build of llama.cpp,
such as the extension module in the package xllamacpp, and `--build` says which.

llama.cpp reads the file's vocabulary once for each pre-tokenizer, from a copy without weights whose `tokenizer.ggml.pre`
is replaced. The part of the vocabulary that is kept has every token whose spelling lies in a text's, all single bytes
and all special tokens; a merge is kept where its tokens are. Other merges can join nothing in these texts.
"""

import argparse
import importlib.metadata
import json
import pathlib
import tempfile

import gguf
from llama_cpp_py_sync import _cffi_bindings as bindings
from texts import texts

PRE_TOKENIZERS = ["smollm", "gpt-2", "llama-bpe", "qwen2"]


def byte_alphabet():
    """The character that spells each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: chr(byte) for byte in printable}, **{byte: chr(256 + n) for n, byte in enumerate(others)}}


def write_vocabulary(path, tokens, kinds, merges, pre_tokenizer):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre_tokenizer)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def reference(path, library):
    """A function from text and whether control tokens are parsed to llama.cpp's ids."""
    ffi = bindings.get_ffi()
    lib = ffi.dlopen(library) if library else bindings.get_lib()
    parameters = lib.llama_model_default_params()
    parameters.vocab_only = True
    model = lib.llama_model_load_from_file(str(path).encode(), parameters)
    assert model != ffi.NULL, path
    vocabulary = lib.llama_model_get_vocab(model)

    def encode(text, parses_control_tokens):
        data = text.encode()
        room = len(data) + 16
        ids = ffi.new(f"llama_token[{room}]")
        count = lib.llama_tokenize(vocabulary, data, len(data), ids, room, False, parses_control_tokens)
        assert count >= 0
        return list(ids[0:count])

    return encode


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--library")
    parser.add_argument("--build", default="llama-cpp-py-sync " + importlib.metadata.version("llama-cpp-py-sync"))
    options = parser.parse_args()
    fields = gguf.GGUFReader(options.model).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = fields["tokenizer.ggml.merges"].contents()
    alphabet = byte_alphabet()
    all_texts = texts()

    with tempfile.TemporaryDirectory() as folder:
        encoders = {}
        for name in PRE_TOKENIZERS:
            path = pathlib.Path(folder) / f"{name}.gguf"
            write_vocabulary(path, tokens, kinds, merges, name)
            encoders[name] = reference(path, options.library)
        encoders["file"] = reference(options.model, options.library)
        cases = []
        for text in all_texts:
            for parses in [False, True] if "<" in text else [False]:
                ids = {name: encoders[name](text, parses) for name in PRE_TOKENIZERS}
                assert encoders["file"](text, parses) == ids["smollm"], text
                cases.append({"text": text, "parsesControlTokens": parses, "ids": ids})

    spellings = "\n".join("".join(alphabet[byte] for byte in text.encode()) for text in all_texts)
    kept = {
        token for token, kind in zip(tokens, kinds)
        if kind != 1 or len(token) == 1 or token in spellings
    }
    kept_merges = [
        merge for merge in merges
        if (parts := merge.split(" ")) and parts[0] in kept and parts[1] in kept and parts[0] + parts[1] in kept
    ]
    fixture = {
        "source": f"llama.cpp, {options.build}; written by make.py",
        "tokens": [[id, token, kind] for id, (token, kind) in enumerate(zip(tokens, kinds)) if token in kept],
        "merges": kept_merges,
        "cases": cases,
    }
    lines = [f'"{key}": ' + json.dumps(value, ensure_ascii=True) for key, value in fixture.items() if key != "cases"]
    listed = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    output = pathlib.Path(__file__).parent / "smollm2.json"
    output.write_text("{\n" + ",\n".join(lines) + ',\n"cases": [\n' + listed + "\n]\n}\n")
    print(f"{len(all_texts)} texts, {len(cases)} cases, {len(fixture['tokens'])} tokens, {len(kept_merges)} merges")


main()

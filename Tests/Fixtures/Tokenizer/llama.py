"""llama.cpp's tokenizer, from vocabularies that are written as GGUF files without weights."""

import argparse
import importlib.metadata

import gguf
from llama_cpp_py_sync import _cffi_bindings as bindings


def arguments(description):
    """A parser with the options that say which llama.cpp is asked."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library")
    parser.add_argument("--build", default="llama-cpp-py-sync " + importlib.metadata.version("llama-cpp-py-sync"))
    return parser


def byte_alphabet():
    """The character that spells each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: chr(byte) for byte in printable}, **{byte: chr(256 + n) for n, byte in enumerate(others)}}


def write_vocabulary(path, tokens, kinds, *, merges=None, pre_tokenizer=None, scores=None, keys={}, name=None):
    """A GGUF file of byte pairs, or of sentence pieces where there are scores. `keys` are ids and flags by key."""
    writer = gguf.GGUFWriter(path, "llama")
    if name:
        writer.add_name(name)
    writer.add_tokenizer_model("gpt2" if scores is None else "llama")
    if pre_tokenizer:
        writer.add_tokenizer_pre(pre_tokenizer)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    if merges is not None:
        writer.add_token_merges(merges)
    if scores is not None:
        writer.add_token_scores(scores)
    for key, value in keys.items():
        (writer.add_bool if isinstance(value, bool) else writer.add_uint32)("tokenizer.ggml." + key, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Reference:
    """What llama.cpp makes of a vocabulary."""

    def __init__(self, path, library):
        self.ffi = bindings.get_ffi()
        self.lib = self.ffi.dlopen(library) if library else bindings.get_lib()
        parameters = self.lib.llama_model_default_params()
        parameters.vocab_only = True
        self.model = self.lib.llama_model_load_from_file(str(path).encode(), parameters)
        assert self.model != self.ffi.NULL, path
        self.vocabulary = self.lib.llama_model_get_vocab(self.model)

    def encode(self, text, parses_control_tokens, adds_special=False):
        """The ids of a text, which is a string or bytes."""
        data = text if isinstance(text, bytes) else text.encode()
        room = 4 * len(data) + 16
        ids = self.ffi.new(f"llama_token[{room}]")
        count = self.lib.llama_tokenize(
            self.vocabulary, data, len(data), ids, room, adds_special, parses_control_tokens)
        assert count >= 0
        return list(ids[0:count])

    def decode(self, ids):
        """The bytes of ids, control tokens spelled out."""
        room = 64 * len(ids) + 64
        text = self.ffi.new(f"char[{room}]")
        count = self.lib.llama_detokenize(self.vocabulary, ids, len(ids), text, room, False, True)
        assert count >= 0
        return bytes(self.ffi.buffer(text, count))

    def ends(self):
        """The ids that end a generation."""
        count = self.lib.llama_vocab_n_tokens(self.vocabulary)
        return [id for id in range(count) if self.lib.llama_vocab_is_eog(self.vocabulary, id)]

    def kind(self, id):
        """A token's kind by GGUF's number: that of the first of its attributes that it is searched for by."""
        attributes = self.lib.llama_vocab_get_attr(self.vocabulary, id)
        for bit, kind in ((3, 3), (0, 2), (4, 4), (5, 6), (1, 5)):
            if attributes >> bit & 1:
                return kind
        return 1


def hashed(data):
    """FNV-1a, 64 bits, of bytes."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def hashed_ids(ids):
    return hashed(b"".join(id.to_bytes(4, "little") for id in ids))

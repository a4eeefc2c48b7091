"""Writes smollm2.json: texts, llama.cpp's token ids for them, and the part of the vocabulary that they can touch.

    pip install gguf llama-cpp-py-sync
    python make.py SmolLM2-135M-Instruct.Q4_1.gguf [--library FILE --build NAME]

llama-cpp-py-sync brings declarations and a library that wants glibc 2.38; `--library` names another build of llama.cpp,
such as the extension module in the package xllamacpp, and `--build` says which.

llama.cpp reads the file's vocabulary once for each pre-tokenizer, from a copy without weights whose `tokenizer.ggml.pre`
is replaced. The part of the vocabulary that is kept has every token whose spelling lies in a text's, all single bytes
and all special tokens; a merge is kept where its tokens are. Other merges can join nothing in these texts.
"""

import json
import pathlib
import tempfile

import gguf
import llama
from texts import texts

PRE_TOKENIZERS = ["smollm", "gpt-2", "llama-bpe", "qwen2"]


def main():
    parser = llama.arguments(__doc__)
    parser.add_argument("model")
    options = parser.parse_args()
    fields = gguf.GGUFReader(options.model).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = fields["tokenizer.ggml.merges"].contents()
    alphabet = llama.byte_alphabet()
    all_texts = texts()

    with tempfile.TemporaryDirectory() as folder:
        encoders = {}
        for name in PRE_TOKENIZERS:
            path = pathlib.Path(folder) / f"{name}.gguf"
            keys = {"bos_token_id": 1, "eos_token_id": 2, "add_bos_token": False}
            llama.write_vocabulary(path, tokens, kinds, merges=merges, pre_tokenizer=name, keys=keys)
            encoders[name] = llama.Reference(path, options.library).encode
        encoders["file"] = llama.Reference(options.model, options.library).encode
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

"""Writes texts.json, words.json, pieces.json and roles.json: texts, small vocabularies, and what llama.cpp makes of them.

    pip install gguf llama-cpp-py-sync tokenizers sentencepiece
    python make_models.py [--library FILE --build NAME] [--texts COUNT --seed SEED --output FOLDER]

`--library` and `--build` are those of make.py. words.json has byte pairs that were trained without a pre-tokenizer, so
that merges cross words wherever they can and every cut shows; a few bytes have no token. pieces.json has sentence pieces
of SentencePiece's trainer, and special tokens. Of each text there is a hash of its ids, and of the first few the ids.
roles.json has vocabularies with tokens that are for something by how they read.
"""

import base64
import io
import json
import pathlib
import random
import tempfile

import llama
import sentencepiece
import tokenizers
from texts import random_texts, texts

PRE_TOKENIZERS = [
    "gpt-2", "default", "smollm", "llama-bpe", "smaug-bpe", "qwen2", "qwen35", "tekken", "gpt-4o", "deepseek-coder",
    "deepseek-llm", "deepseek-v3",
]
MISSING_BYTES = [0x04, 0x13, 0x1D, 0xF1, 0xF5, 0xFF]
FULL = 8
HERE = pathlib.Path(__file__).parent
DOCUMENTS = sorted((HERE.parent.parent.parent / "docs").glob("*.md"))


def corpus():
    """What vocabularies are trained on: texts like those that are compared, and others' prose."""
    return texts() + random_texts(3000, seed=1) + [line for path in DOCUMENTS for line in path.read_text().split("\n\n")]


def trained_byte_pairs():
    """Tokens, kinds and merges."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=2600, show_progress=False, max_token_length=12,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    missing = {llama.byte_alphabet()[byte] for byte in MISSING_BYTES}
    special = {"<|im_start|>": 3, "<|im_end|>": 3, "<u>": 4, "[X]": 4, "<unk>": 2}
    learned = sorted(set(model["vocab"]) - set(special), key=model["vocab"].get)
    tokens = [token for token in learned if not missing & set(token)]
    # Words that no merges make.
    tokens += [token for token in ("HTTPServer", "ĠHTTPServer", "DON", "ĠTHE", "1234") if token not in tokens]
    known = set(tokens)
    merges = [" ".join(pair) for pair in model["merges"] if {*pair, "".join(pair)} <= known]
    return tokens + [*special], [1] * len(tokens) + [*special.values()], merges


def trained_pieces():
    """Tokens, kinds and scores."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for text in corpus() for line in text.split("\n")), model_writer=model,
        model_type="bpe", vocab_size=1400, byte_fallback=True, character_coverage=0.98, normalization_rule_name="identity",
        remove_extra_whitespaces=False, split_by_whitespace=False, allow_whitespace_only_pieces=True,
        user_defined_symbols=["<u>", "[X]", "▁▁▁▁"], control_symbols=["<|user|>", "<|im_end|>"], num_threads=1,
        minloglevel=2)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    tokens, kinds, scores = [], [], []
    for id in range(pieces.get_piece_size()):
        kind = 2 if pieces.is_unknown(id) else 3 if pieces.is_control(id) else 6 if pieces.is_byte(id) else 1
        tokens.append(pieces.id_to_piece(id))
        kinds.append(4 if tokens[-1] in ("<u>", "[X]", "▁▁▁▁") else kind)
        scores.append(pieces.get_score(id))
    # Tokens that read like the ends of a turn and are text in the file.
    for token in [token for token in ("<|end|>", "<|endoftext|>") if token not in tokens]:
        tokens, kinds, scores = tokens + [token], kinds + [1], scores + [-1000.0]
    return tokens, kinds, scores


def figures(encode, all_texts):
    """The ids of the first texts, and hashes of all."""
    ids = [encode(text, parses) for text, parses in all_texts]
    hashes = b"".join(llama.hashed_ids(list).to_bytes(8, "little") for list in ids)
    return {"ids": ids[:FULL], "hashes": base64.b64encode(hashes).decode()}, ids


def words(options, all_texts, folder):
    tokens, kinds, merges = trained_byte_pairs()
    results = {}
    for name in PRE_TOKENIZERS:
        path = folder / f"{name}.gguf"
        keys = {"bos_token_id": 0, "eos_token_id": 1, "add_bos_token": False}
        llama.write_vocabulary(path, tokens, kinds, merges=merges, pre_tokenizer=name, keys=keys)
        results[name], _ = figures(llama.Reference(path, options.library).encode, all_texts)
    return {"tokens": tokens, "kinds": kinds, "merges": merges, "results": results}


def pieces(options, all_texts, folder):
    tokens, kinds, scores = trained_pieces()
    results = {}
    for name, keys, title in (
        ("usual", {}, None), ("no prefix", {"add_space_prefix": False}, None), ("trimming", {}, "Phi-3 mini")):
        path = folder / f"{name}.gguf"
        llama.write_vocabulary(path, tokens, kinds, scores=scores, keys=keys, name=title)
        reference = llama.Reference(path, options.library)
        results[name], ids = figures(reference.encode, all_texts)
        decoded = b"".join(llama.hashed(reference.decode(list)).to_bytes(8, "little") for list in ids)
        results[name]["decoded"] = base64.b64encode(decoded).decode()
        results[name]["begun"] = reference.encode("Hello <s>", True, adds_special=True)
    return {"tokens": tokens, "kinds": kinds, "scores": scores, "results": results}


ROLES = {
    "fim_pre_token_id": ["<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<PRE>", "▁<PRE>", "<|prefix|>"],
    "fim_suf_token_id": ["<|fim_suffix|>", "<fim-suffix>", "<SUF>", "▁<SUF>", "<|code_suffix|>"],
    "fim_mid_token_id": ["<|fim_middle|>", "<fim_middle>", "<MID>", "▁<MID>", "<｜fim▁end｜>"],
    "fim_pad_token_id": ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"],
    "fim_rep_token_id": ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"],
    "fim_sep_token_id": ["<|file_sep|>"],
}
ENDS = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>",
    "<|endoftext|>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>",
    "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
]
OTHERS = ["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>", "<repo_name>", "<|eot|>", "<end>", "hello", "<|user|>"]


def roles(options, folder):
    """Vocabularies of tokens with one reading or another; every one occurs alone once."""
    source = random.Random(17)
    chosen = [[token] for token in ENDS + OTHERS + sum(ROLES.values(), [])]
    chosen += [["<|end|>", "<|call|>", "<|return|>"], ["<|end|>", "<|calls|>", "<|flush|>"], ["<|end|>", "<|flush|>"]]
    for _ in range(60):
        # Of several tokens for one role llama.cpp takes any.
        some = [source.choice(tokens) for tokens in ROLES.values() if source.random() < 0.5]
        chosen.append(some + source.sample(ENDS, source.randint(0, 6)) + source.sample(OTHERS, source.randint(0, 3)))
    cases = []
    for some in chosen:
        tokens = ["<unk>", "<s>", "</s>", "x", "y", "z", *some]
        kinds = [2, 3, 3, 1, 1, 1] + [source.choice([1, 3, 4]) for _ in some]
        named = ["eos_token_id", "eot_token_id", "eom_token_id", *ROLES, "prefix_token_id"]
        keys = {key: source.randrange(3, len(tokens)) for key in named if source.random() < 0.15}
        path = folder / "roles.gguf"
        llama.write_vocabulary(path, tokens, kinds, scores=[0.0] * len(tokens), keys=keys)
        reference = llama.Reference(path, options.library)
        kept = [reference.kind(id) for id in range(len(tokens))]
        cases.append({"tokens": tokens, "kinds": kinds, "keys": keys, "ends": reference.ends(), "kept": kept})
    return {"cases": cases}


def main():
    parser = llama.arguments(__doc__)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--output", type=pathlib.Path, default=HERE)
    options = parser.parse_args()
    chosen = list(dict.fromkeys(texts() + random_texts(options.texts, options.seed)))
    all_texts = [(text, parses) for text in chosen for parses in ([False, True] if "<" in text else [False])]
    source = {"source": f"llama.cpp, {options.build}; written by make_models.py"}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        written = {
            "texts": {"texts": [text for text, _ in all_texts], "parses": [int(parses) for _, parses in all_texts]},
            "words": source | words(options, all_texts, folder),
            "pieces": source | pieces(options, all_texts, folder),
            "roles": source | roles(options, folder),
        }
    for name, content in written.items():
        text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
        (options.output / f"{name}.json").write_text(text + "\n")
    print(f"{len(all_texts)} texts, {len(PRE_TOKENIZERS)} pre-tokenizers, {len(written['roles']['cases'])} roles")


main()

"""Writes smollm2.json: what llama.cpp computes with the F32 weights of SmolLM2-135M-Instruct.

    pip install llama-cpp-python
    python make.py SmolLM2-135M-Instruct.Q4_1.gguf --folder FOLDER

The file's weights are written to FOLDER as F32 with llama.cpp's own quantiser, so that they are the values that the file
stores and no product is rounded to fewer bits; keys and values are F32 too, and flash attention is off.

- The first 2,000 tokens of text.txt (no begin token) are one context. The negative log-likelihood at position i is that
  of token i + 1 after tokens 0 ... i, with natural logarithms in double precision; there are 1,999. Their mean's
  exponential is the perplexity. (llama.cpp's own tool counts the second half of each context only.)
- The logits' greatest five, as pairs of token and logit, at some positions among the first 200.
- 64 tokens after each of three prompts, each the greatest logit's, with that logit less the second.
"""

import argparse
import ctypes
import json
import os
import pathlib

import llama_cpp
import numpy

TOKENS = 2000
CONTEXT = 2048
BATCH = 256
POSITIONS = [0, 1, 2, 9, 31, 63, 64, 100, 127, 150, 199]
GENERATED = 64
# Text, and whether control tokens are parsed in it.
PROMPTS = [
    ("The lighthouse keeper opened the door and", False),
    ("def greatest_common_divisor(a, b):\n", False),
    (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        "<|im_start|>user\nWhy is the sky blue?<|im_end|>\n<|im_start|>assistant\n",
        True,
    ),
]


def widen(path, folder):
    """The same weights as F32."""
    output = pathlib.Path(folder) / (pathlib.Path(path).name.split(".")[0] + ".F32.gguf")
    if not output.exists():
        parameters = llama_cpp.llama_model_quantize_default_params()
        parameters.ftype = 0  # all F32
        parameters.allow_requantize = True
        parameters.pure = True
        parameters.nthread = os.cpu_count()
        partial = output.with_suffix(".partial")
        status = llama_cpp.llama_model_quantize(
            str(path).encode(), str(partial).encode(), ctypes.byref(parameters))
        assert status == 0, status
        partial.rename(output)
    return output


class Model:
    def __init__(self, path):
        llama_cpp.llama_backend_init()
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        assert self.model, path
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.columns = llama_cpp.llama_vocab_n_tokens(self.vocabulary)

    def encode(self, text, parses_control_tokens):
        data = text.encode()
        ids = (llama_cpp.llama_token * (len(data) + 16))()
        count = llama_cpp.llama_tokenize(
            self.vocabulary, data, len(data), ids, len(ids), False, parses_control_tokens)
        assert count >= 0
        return list(ids[:count])

    def decode(self, ids):
        room, data = ctypes.create_string_buffer(64), b""
        for id in ids:
            count = llama_cpp.llama_token_to_piece(self.vocabulary, id, room, len(room), 0, True)
            data += room.raw[:count]
        return data.decode(errors="replace")

    def logits(self, ids):
        """Yields the logits of each position, as doubles, from a new context."""
        context = Context(self)
        for start in range(0, len(ids), BATCH):
            yield from context.append(ids[start:start + BATCH])
        context.close()


class Context:
    def __init__(self, model):
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = CONTEXT
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.type_k = parameters.type_v = llama_cpp.GGML_TYPE_F32
        parameters.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        parameters.n_threads = parameters.n_threads_batch = os.cpu_count()
        self.model = model
        self.context = llama_cpp.llama_init_from_model(model.model, parameters)
        assert self.context
        self.count = 0

    def append(self, ids):
        batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for index, id in enumerate(ids):
            batch.token[index] = id
            batch.pos[index] = self.count + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = True
        assert llama_cpp.llama_decode(self.context, batch) == 0
        self.count += len(ids)
        for index in range(len(ids)):
            logits = llama_cpp.llama_get_logits_ith(self.context, index)
            yield numpy.ctypeslib.as_array(logits, (self.model.columns,)).astype(numpy.float64)
        llama_cpp.llama_batch_free(batch)

    def close(self):
        llama_cpp.llama_free(self.context)


def greatest(logits, count):
    order = numpy.argsort(-logits, kind="stable")[:count]
    return [[int(id), round(float(logits[id]), 5)] for id in order]


def likelihoods(model, ids):
    """The negative log-likelihoods, and the greatest logits at POSITIONS."""
    values, greatest_logits = [], {}
    for position, logits in enumerate(model.logits(ids)):
        if position in POSITIONS:
            greatest_logits[position] = greatest(logits, 5)
        if position + 1 < len(ids):
            largest = logits.max()
            total = largest + numpy.log(numpy.exp(logits - largest).sum())
            values.append(float(total - logits[ids[position + 1]]))
    return values, greatest_logits


def generation(model, prompt, parses_control_tokens):
    ids = model.encode(prompt, parses_control_tokens)
    context = Context(model)
    *_, logits = context.append(ids)
    generated, gaps = [], []
    for _ in range(GENERATED):
        (first, high), (_, low) = greatest(logits, 2)
        generated.append(first)
        gaps.append(round(high - low, 5))
        *_, logits = context.append([first])
    context.close()
    return {
        "prompt": prompt, "parsesControlTokens": parses_control_tokens, "promptIds": ids, "ids": generated,
        "gaps": gaps, "text": model.decode(generated),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--folder", default=".", help="where the F32 weights are written")
    options = parser.parse_args()
    here = pathlib.Path(__file__).parent
    text = (here / "text.txt").read_text()

    model = Model(widen(options.model, options.folder))
    ids = model.encode(text, False)
    assert len(ids) >= TOKENS, len(ids)
    ids = ids[:TOKENS]
    values, greatest_logits = likelihoods(model, ids)
    stored_values, _ = likelihoods(Model(options.model), ids)
    generations = [generation(model, *prompt) for prompt in PROMPTS]
    fixture = {
        "source": f"llama.cpp, llama-cpp-python {llama_cpp.__version__}; written by make.py",
        "context": CONTEXT,
        "perplexity": round(float(numpy.exp(numpy.mean(values))), 6),
        "perplexityOfStoredWeights": round(float(numpy.exp(numpy.mean(stored_values))), 6),
        "ids": ids,
        "negativeLogLikelihoods": [round(value, 5) for value in values],
        "greatestLogits": [{"position": position, "logits": pairs} for position, pairs in greatest_logits.items()],
        "generations": generations,
    }
    lines = [f'"{key}": ' + json.dumps(value, separators=(",", ":")) for key, value in fixture.items()]
    (here / "smollm2.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(fixture["perplexity"], fixture["perplexityOfStoredWeights"])
    for generation_ in generations:
        print(min(generation_["gaps"]), repr(generation_["text"]))


main()

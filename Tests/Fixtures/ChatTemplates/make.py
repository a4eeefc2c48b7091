"""Writes expected.json and expressions.json: what the reference implementation renders; and a file for the fuzzer.

    pip install gguf jinja2 transformers
    python make.py [FOLDER]

FOLDER (templates) has chat templates, FILE.jinja; expected.json beside it gets what each renders for each conversation
of conversations.json, null where the reference raises. The reference is the renderer of transformers, which compiles
templates with Jinja's sandbox; `strftime_now` stands still.
"""

import datetime
import json
import pathlib
import sys

import gguf
import jinja2
import transformers
from transformers.utils import chat_template_utils

from expressions import expressions

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2026, 2, 3, 4, 5, 6)


def compiled(text):
    template = chat_template_utils._compile_jinja_template(text)
    template.environment.globals["strftime_now"] = NOW.strftime
    return template


def rendered(text, **names):
    """The rendering, or None where there is none."""
    try:
        return compiled(text).render(**names)
    except Exception as error:  # The sandbox, Jinja, json and Python have errors of their own.
        assert not isinstance(error, (AssertionError, KeyboardInterrupt)), error
        return None


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def write_model_file(path, text):
    """A GGUF file that has a chat template and nothing else."""
    path.parent.mkdir(exist_ok=True)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_chat_template(text)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "templates"
conversations = json.loads((HERE / "conversations.json").read_text(encoding="utf-8"))
names = {"bos_token": "<s>", "eos_token": "</s>"}
write(
    folder.parent / "expected.json",
    {
        "made by": f"jinja2 {jinja2.__version__}, transformers {transformers.__version__}",
        "templates": {
            path.name: [
                rendered(
                    path.read_text(encoding="utf-8"),
                    messages=chat["messages"],
                    add_generation_prompt=chat["opensReply"],
                    **names,
                )
                for chat in conversations
            ]
            for path in sorted(folder.glob("*.jinja"))
        },
    },
)
if folder.parent == HERE:
    write_model_file(HERE / "fuzz" / "template.gguf", (folder / "own-thoughts.jinja").read_text(encoding="utf-8"))
    write(HERE / "expressions.json", [[text, rendered(text, messages=[], add_generation_prompt=False, **names)] for text in expressions()])

"""Processes that measure PyTorch, one under each setting of its memory, and what they run on.

The settings are read when a process starts; why there are several is said in pytorch.py.
"""

import json
import os
import platform
import subprocess
import sys

SETTINGS = {
    # As the system has it.
    "default": {},
    # What is freed stays with the process, and large blocks come from the heap too.
    "retained": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "1000000000"},
    # PyTorch aligns large blocks and asks for huge pages.
    "hugePages": {"THP_MEM_ALLOC_ENABLE": "1"},
}


class Worker:
    """A command's process under one setting. It answers a line with a line of JSON, and says its versions first."""

    def __init__(self, command, setting):
        environment = {name: value for name, value in os.environ.items() if not is_set_by_us(name)}
        environment.update(SETTINGS[setting])
        self.setting = setting
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            name = os.path.basename(sys.argv[0])
            sys.exit(f"{name}: the process under \"{self.setting}\" ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def is_set_by_us(variable):
    return any(variable in environment for environment in SETTINGS.values())


def first_line(error):
    return next(iter(str(error).splitlines()), type(error).__name__)


def processor_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown"


def available_threads():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

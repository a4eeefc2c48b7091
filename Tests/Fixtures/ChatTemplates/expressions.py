"""Random templates of the subset of Jinja that is rendered: expressions, and blocks with every sign of white space."""

import random

SEED = 20260203
EXPRESSIONS = 1600
BLOCKS = 700
TEXTS = ["", "a", "Ab c", " x\\ty \\n", "it\\'s", "ß ǆ", "日本", "ΟΔΟΣ ς", "a,b,,c", "{{ x }}", "aXbxa", "1", " -2 ", "3.5", "-", "\\u00e9<&>"]
ATTRIBUTE_TESTS = ["", ", 'defined'", ", 'equalto', 1"]
BODY_FILTERS = ["upper", "trim", "replace('a', 'b') | trim"]
PIECES = ["", " ", "\n", "  \n", "a", "b\n", "\n  ", " \n\n\t", "c ", "{ %", "}}", "\t"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.depth = 0

    def pick(self, *options):
        """One of the functions' values; the first are those without operands."""
        self.depth += 1
        try:
            return self.random.choice(options[:2] if self.depth > 4 else options)()
        finally:
            self.depth -= 1

    def one(self, *values):
        return self.random.choice(values)

    def text(self):
        literal = lambda: f"'{self.one(*TEXTS)}'"
        return self.pick(
            literal,
            literal,
            lambda: '"' + self.one(*TEXTS).replace("\\'", "'") + '"',
            lambda: f"({self.text()} + {self.text()})",
            lambda: f"({self.text()} ~ {self.value()} ~ {self.text()})",
            lambda: f"({self.text()} * {self.one(-1, 0, 1, 2, 3)})",
            lambda: f"{self.text()}[{self.bound()}:{self.bound()}]",
            lambda: f"{self.text()}[{self.bound()}:{self.bound()}:{self.one(-2, -1, 1, 2)}]",
            lambda: f"{self.text()}[{self.one(-3, -1, 0, 1, 2)}]",
            lambda: f"{self.text()}.{self.one('upper', 'lower', 'title', 'capitalize', 'strip', 'lstrip', 'rstrip')}()",
            lambda: f"{self.text()}.{self.one('strip', 'lstrip', 'rstrip', 'removeprefix', 'removesuffix')}({self.text()})",
            lambda: f"{self.text()} | {self.one('upper', 'lower', 'title', 'capitalize', 'trim', 'safe', 'string')}",
            lambda: f"{self.text()} | replace({self.text()}, {self.text()})",
            lambda: f"{self.text()}.replace({self.text()}, {self.text()}{self.one('', ', 1', ', -1')})",
            lambda: f"{self.list()} | join({self.text()})",
            lambda: f"{self.value()} | string",
            lambda: f"{self.value()} | tojson{self.one('', '', '(indent=2)', '(ensure_ascii=true)', '(sort_keys=true)')}",
            lambda: f"{self.text()} | indent({self.one('2', '1, true', '3, false, true', 'first=true', '')})",
            lambda: f"({self.text()} if {self.truth()} else {self.text()})",
            lambda: f"({self.text()} if {self.truth()})",
            lambda: f"(({self.text()} ~ '') | reverse)",
            lambda: f"({self.text()}.split({self.text()}) | {self.one('first', 'last')})",
        )

    def bound(self):
        return self.one("", "", "-7", "-2", "-1", "0", "1", "2", "9")

    def number(self):
        literal = lambda: self.one("0", "1", "2", "3", "7", "0.5", "2.25", "1_0", "1e3", "true", "False")
        return self.pick(
            literal,
            literal,
            lambda: f"-{self.number()}",
            lambda: f"({self.number()} {self.one('+', '-', '*', '/', '//', '%')} {self.number()})",
            lambda: f"({self.one(0, 1, 2, -3)} ** {self.one(0, 1, 2, 5)})",
            lambda: f"({self.text()} | length)",
            lambda: f"({self.list()} | count)",
            lambda: f"({self.text()} | {self.one('int', 'float', 'int(-1)', 'float(default=1.5)')})",
            lambda: f"({self.number()} | abs)",
            lambda: f"{self.text()}.{self.one('find', 'rfind', 'count')}({self.text()})",
            lambda: f"({self.number()} | int)",
        )

    def list(self):
        literal = lambda: f"[{', '.join(self.value() for _ in range(self.one(0, 1, 2, 3)))}]"
        return self.pick(
            literal,
            lambda: "['b', 'a', 'B', 'a']",
            lambda: f"({self.list()} + {self.list()})",
            lambda: f"{self.list()}[{self.bound()}:{self.bound()}]",
            lambda: f"{self.list()}[::-1]",
            lambda: f"{self.text()}.split({self.text()}{self.one('', ', 1')})",
            lambda: f"{self.text()}.{self.one('split()', 'splitlines()', 'rsplit(chr, 1)', 'split(none, 1)').replace('chr', self.text())}",
            lambda: f"(range({self.one('3', '1, 4', '5, 0, -2', '0')}) | list)",
            lambda: f"({self.mapping()} | {self.one('list', 'items | list', 'dictsort', 'dictsort(reverse=true)')})",
            lambda: f"({self.list()} | {self.one('reverse | list', 'list', 'sort', 'sort(reverse=true)', 'unique | list')})",
            lambda: f"({self.list()} | map('{self.one('string', 'upper', 'length', 'trim')}') | list)",
            lambda: f"({self.list()} | {self.one('select', 'reject')}('{self.one('string', 'number', 'defined', 'mapping')}') | list)",
            lambda: f"([{self.mapping()}, {self.mapping()}] | {self.one('selectattr', 'rejectattr')}('a'{self.one(*ATTRIBUTE_TESTS)}) | list)",
            lambda: f"([{self.mapping()}, {self.mapping()}] | map(attribute='{self.one('a', 'b.0', 'c')}'{self.one('', ', default=0')}) | list)",
            lambda: f"({self.text()} | list)",
        )

    def mapping(self):
        entries = lambda: ", ".join(f"'{key}': {self.value()}" for key in self.random.sample("abcB", self.one(0, 1, 2)))
        return self.pick(
            lambda: "{" + entries() + "}",
            lambda: "{" + entries() + "}",
            lambda: f"dict(a={self.value()})",
            lambda: f"dict({self.mapping()}, b={self.value()})",
        )

    def truth(self):
        return self.pick(
            lambda: self.one("true", "False", "none", "missing"),
            lambda: f"{self.one('missing', 'bos_token', 'messages')} is {self.one('defined', 'not defined', 'string')}",
            lambda: f"({self.value()} {self.one('==', '!=')} {self.value()})",
            lambda: f"({self.number()} {self.one('<', '<=', '>', '>=', '==')} {self.number()})",
            lambda: f"({self.number()} < {self.number()} <= {self.number()})",
            lambda: f"({self.text()} {self.one('<', '<=', '>', '>=', '==', 'in', 'not in')} {self.text()})",
            lambda: f"({self.list()} {self.one('<', '>=', '==', '!=')} {self.list()})",
            lambda: f"({self.value()} {self.one('in', 'not in')} {self.list()})",
            lambda: f"({self.text()} in {self.mapping()})",
            lambda: f"(not {self.value()})",
            lambda: f"({self.value()} {self.one('and', 'or')} {self.value()})",
            lambda: f"({self.value()} is {self.one('', 'not ')}{self.test()})",
            lambda: f"{self.text()}.{self.one('startswith', 'endswith')}({self.text()})",
            lambda: f"({self.number()} is {self.one('even', 'odd', 'divisibleby 2', 'divisibleby(3)', 'gt 1', 'eq 1.0')})",
        )

    def test(self):
        return self.one(
            "none", "string", "mapping", "iterable", "sequence", "number", "integer", "float", "boolean", "true",
            "false", "defined", "undefined", "in ['a', 1, none]",
        )

    def value(self):
        return self.pick(
            self.number,
            lambda: self.one("none", "true", "missing", "'a'", "1"),
            self.text,
            self.list,
            self.mapping,
            self.truth,
            lambda: f"{self.mapping()}.{self.one('a', 'b', 'nothing')}",
            lambda: f"{self.mapping()}['{self.one('a', 'c')}']",
            lambda: f"{self.mapping()}.get('{self.one('a', 'c')}'{self.one('', ', 5')})",
            lambda: f"{self.list()}[{self.one(-1, 0, 1)}]",
            lambda: f"({self.list()} | {self.one('first', 'last')})",
            lambda: f"({self.value()} | default({self.value()}{self.one('', ', true', ', boolean=True')}))",
            # Operands that mostly do not fit.
            lambda: f"({self.value()} {self.one('+', '-', '<', '*')} {self.value()})",
            lambda: f"({self.value()} | {self.one('length', 'upper', 'trim', 'int', 'float', 'list', 'abs', 'first')})",
        )

    def tag(self, content):
        return "{%" + self.one("", "", "-", "+") + " " + content + " " + self.one("", "", "-", "+") + "%}"

    def piece(self):
        return self.one(*PIECES)

    def body(self):
        return self.piece() + "".join(self.block() + self.piece() for _ in range(self.one(0, 1, 1, 2)))

    def output(self):
        value = self.one(
            "loop.index", "x", "y", "n.v", "loop.first", "loop.last", "loop.length", "m(x)", "m('q', y)", "loop.previtem",
            "loop.nextitem | default('-')", "loop.revindex", "loop.cycle('o', 'e')", self.value(),
        )
        return "{{" + self.one("", "-") + f" {value} " + self.one("", "-") + "}}"

    def block(self):
        items = self.one("[1, 2, 3]", "'ab'", "{'k': 1, 'l': 2}", "[]", "missing", "range(2)", "[x, y]")
        return self.pick(
            self.output,
            self.output,
            lambda: "{#" + self.one("", "-", "+") + " {{ no }} " + self.one("", "-", "+") + "#}",
            lambda: self.tag("raw").replace("+", "") + self.piece() + "{{ raw }}" + self.tag("endraw"),
            lambda: self.tag(f"if {self.truth()}") + self.body() + self.tag("endif"),
            lambda: self.tag(f"if {self.truth()}") + self.body() + self.tag(f"elif {self.truth()}") + self.body()
            + self.tag("else") + self.body() + self.tag("endif"),
            lambda: self.tag(f"for x in {items}{self.one('', ' if x', ' if x != 2')}") + self.body()
            + self.one("", self.tag("else") + self.body()) + self.tag("endfor"),
            lambda: self.tag("for x, y in {'k': 1, 'l': 2}.items()") + self.body() + self.tag("endfor"),
            lambda: self.tag("for x in 'abc'") + self.body() + self.tag("if x == 'b'")
            + self.tag(self.one("break", "continue")) + self.tag("endif") + self.body() + self.tag("endfor"),
            lambda: self.tag(f"set {self.one('x', 'y', 'n.v')} = {self.value()}"),
            lambda: self.tag("set y, x = x, y"),
            lambda: self.tag(f"set {self.one('x', 'y')}{self.one('', ' | trim', ' | upper | trim')}") + self.body()
            + self.tag("endset"),
            lambda: self.tag(f"macro m(a, b={self.one('1', 'x', 'a')})") + self.piece() + "{{ a }}{{ b }}" + self.body()
            + self.tag("endmacro"),
            lambda: self.tag(f"filter {self.one(*BODY_FILTERS)}") + self.body()
            + self.tag("endfilter"),
            lambda: self.tag("generation") + self.body() + self.tag("endgeneration"),
        )

    def blocks(self):
        start = "{% set n = namespace(v=0) %}{% set x, y = 1, 'Y' %}{% macro m(a, b=2) %}<{{ a }}{{ b }}>{% endmacro %}"
        return start + self.body() + self.block() + self.body() + self.block() + self.piece()


def shortest(texts, count):
    return sorted(texts, key=lambda text: (len(text), text))[:count]


def expressions():
    """The templates, each once: the shorter ones of what is made."""
    maker = Maker(SEED)
    values = {"{{ " + maker.value() + " }}" for _ in range(EXPRESSIONS * 3)}
    return shortest(values, EXPRESSIONS) + shortest({maker.blocks() for _ in range(BLOCKS * 2)}, BLOCKS)

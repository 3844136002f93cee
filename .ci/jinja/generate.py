"""Random templates from the grammar, and what they are rendered with."""

import pathlib
import random
import re

import conversations


def productions(name):
    """The sections of a file of the grammar, a production each line."""
    sections = {}
    for line in pathlib.Path(__file__).with_name(name).read_text().split("\n"):
        if m := re.fullmatch(r"\[([a-z]+)\]", line):
            section = sections.setdefault(m[1], [])
        elif line and not line.startswith("#"):
            section.append(line.replace("⏎", "\n"))
    return sections


ATOMS = productions("atoms.txt")
EXPRESSIONS = productions("expressions.txt")
STATEMENTS = productions("statements.txt")
TEXT = [
    "", "", " ", "\n", "\n\n", "  ", "\n  ", "text", "text ", " text\n", "line\n  ", "\t", "<|im_start|>", "<|im_end|>\n",
    "é日", "}", "{ ", "%", "}}", "%}", "#}", "\r\n", " \r\n ", "a\rb", "\\n", "\u00a0\n", "'", '"', "\x0b", "{ %", "# x", "## y\n",
    "-", "-\n", "</s>", "\n\n\n", "\u2028", "  \n\t",
]
PLACE = re.compile(r"<(\w+)>|(\$!?)([a-z]+)")
TAG = re.compile(r"(\{[{%#])|([}%#]\})")
INNER = re.compile(r"\b(loop|caller|varargs|kwargs)\b(?!\()")


def values(r):
    """The variables of a case beside its conversation."""
    return {
        "s0": conversations.content(r), "s1": conversations.content(r), "s2": "abc",
        "n0": r.choice([0, 1, 7, -3, 10**20]), "n1": r.randrange(4), "f0": r.choice([0.5, 1e100, -2.25, 1e22, 5e-324]),
        "names": r.choice([["ann", "Bob", "ann", "çela"], ["x"], []]), "empty": [], "numbers": r.choice([[3, 1, 2], [1.5, 2, -1], []]),
        "data": {
            "title": "T", "name": conversations.content(r), "count": 3, "ratio": 0.25, "flag": r.random() < 0.5, "tags": ["b", "a", "c"],
            "nested": {"z": 1, "a": {"k": [1, None, "é"]}, "name": "n"}, "rows": [{"a": 2, "b": "x"}, {"a": 1, "b": "y", "nested": {"a": 1}}],
        },
        "items": [{"a": 1, "b": "x", "items": [1]}, {"a": 3, "role": "user"}], "is_set": True,
        "nested": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3}]}, {"v": 4}],
    }


class Writer:
    """Writes one template."""

    def __init__(self, r):
        self.r = r
        self.scopes = [{}]
        self.names = 0
        self.inner = set()

    def atom(self, kind):
        known = [name for scope in self.scopes for name in scope.get(kind, [])]
        if known and self.r.random() < 0.5:
            return self.r.choice(known)
        return self.choose(ATOMS[kind])

    def expression(self, kind, depth):
        r = self.r
        if kind == "call":
            names = [name for scope in self.scopes for name in scope.get("call", [])]
            return f"{r.choice(names)}({self.expression('s', 0)}, {self.expression('x', 0)})" if names else "''"
        if kind in ATOMS:
            if r.random() < 0.04:
                kind = r.choice("sifblnodx")
            if depth <= 0 or r.random() < 0.25:
                return self.atom(kind)
        text = self.fill(self.choose(EXPRESSIONS[kind]), depth - 1)
        return f"({text})" if kind in ATOMS and r.random() < 0.85 else text

    def choose(self, productions):
        """Names that only some places define are nearly always left to them."""
        while True:
            text = self.r.choice(productions)
            word = INNER.search(text)
            if not word or word[0] in self.inner or self.r.random() < 0.03:
                return text

    def fill(self, production, depth, inner=0):
        named, pending = {}, []

        def show():
            for mark, kind, name in pending:
                self.scopes[-2 if mark == "$!" and len(self.scopes) > 1 else -1].setdefault(kind, []).append(name)
            pending.clear()

        def place(m):
            kind, mark, new = m.groups()
            if kind == "body":
                show()
                return self.body(production, inner)
            if kind:
                return self.expression(kind, depth) if kind in EXPRESSIONS or kind == "call" else m[0]
            if new not in named:
                self.names += 1
                named[new] = f"{new}_{self.names}"
                pending.append((mark, new, named[new]))
            return named[new]

        text = PLACE.sub(place, production)
        show()
        return text

    def body(self, production, depth):
        outer = self.inner
        if production.startswith("{% for"):
            self.inner = outer | {"loop"}
        elif production.startswith(("{% macro", "{% call")):
            self.inner = {"varargs", "kwargs"}
        text = self.statements(depth)
        self.inner = outer
        return text

    def statement(self, depth):
        production = self.choose(STATEMENTS["wrong" if self.r.random() < 0.004 else "right"])
        if depth <= 0 and "<body>" in production:
            production = "{{ <s> }}"
        self.scopes.append({})
        text = self.fill(production, 2, depth - 1)
        self.scopes.pop()
        return text

    def statements(self, depth):
        out = []
        for _ in range(self.r.choice([1, 1, 1, 2])):
            out += [self.r.choice(TEXT), self.statement(depth), self.r.choice(TEXT)]
        return "".join(out)

    def control(self, text):
        """Whitespace control, at random ends of tags."""
        def mark(m):
            if self.r.random() > 0.2:
                return m[0]
            sign = "-" if self.r.random() < 0.8 or m[0] == "}}" else "+"
            return m[1] + sign if m[1] else sign + m[2]

        return TAG.sub(mark, text)


def broken(r, text):
    """A template that lost, doubled or got a character or a word."""
    words = re.findall(r"\w+|\s+|.", text)
    i = r.randrange(len(words)) if words else 0
    words[i:i + 1] = r.choice([[], words[i:i + 1] * 2, [r.choice("{}%#|.,()[]'\"-+*~ :=\n\\")] + words[i:i + 1]])
    return "".join(words)


def template(r):
    w = Writer(r)
    text = w.statements(r.choice([0, 0, 1, 1, 2, 3]))
    if r.random() < 0.3:
        text = w.control(text)
    if r.random() < 0.02:
        text = broken(r, text)
    return text


def cases(seed, count):
    for i in range(count):
        r = random.Random(f"{seed}/{i}")
        case = {"source": template(r)}
        if r.random() < 0.15:
            case.update(messages=conversations.conversation(r), add_generation_prompt=r.random() < 0.5, tokens=conversations.TOKENS)
        else:
            case["vars"] = {
                "messages": conversations.conversation(r), "tools": None, "documents": None, "add_generation_prompt": r.random() < 0.5,
                **conversations.TOKENS, **values(r),
            }
        yield case

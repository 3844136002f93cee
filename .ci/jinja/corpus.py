"""Chat templates in the packages that people use: in files of their own, in JSON and
YAML under a key, in string constants of programs."""

import ast
import json
import pathlib
import re

# A literal of JavaScript, Go, Rust or C++: enough of each to hold a template.
LITERAL = re.compile(r'R"\w*\((?P<raw>.*?)\)\w*"|"(?P<double>(?:\\.|[^"\\\n])*)"|\'(?P<single>(?:\\.|[^\'\\\n])*)\'|`(?P<tick>(?:\\.|[^`\\])*)`|r#+"(?P<rust>.*?)"#+', re.S)
PROGRAMS = {".js", ".mjs", ".cjs", ".ts", ".go", ".rs", ".cpp", ".cc", ".h", ".hpp", ".md"}
TEMPLATES = {".jinja", ".jinja2", ".j2"}
LARGEST = 64 << 20


def strings_of_python(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return

    def constant(node):
        """Concatenations of constants count as one."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = constant(node.left), constant(node.right)
            return left + right if left is not None and right is not None else None
        return None

    queue = [tree]
    while queue:
        node = queue.pop()
        value = constant(node)
        if value is not None:
            yield value
        else:
            queue.extend(ast.iter_child_nodes(node))


def strings_of_json(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_of_json(item)


def strings_of_program(text):
    end, joined = None, ""
    for m in LITERAL.finditer(text):
        value = m["raw"] or m["rust"]
        if value is None:
            value = m["double"] or m["single"] or m["tick"] or ""
            if "{%" in value:
                value = re.sub(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", escaped, value, flags=re.S)
        # Neighbours are one literal: "a" "b" in C++, "a" + "b" elsewhere.
        if end is not None and re.fullmatch(r"[\s+]*", text[end:m.start()]):
            joined += value
        else:
            yield joined
            joined = value
        end = m.end()
    yield joined


def escaped(m):
    c = m[1]
    if c[0] in "ux" and len(c) > 1:
        return chr(int(c[1:], 16))
    return {"n": "\n", "t": "\t", "r": "\r", "\n": ""}.get(c, c)


def strings_of_yaml(text):
    """Block scalars under a key that ends in template."""
    for m in re.finditer(r"^( *)[\w-]*template: *[|>][-+]?\n((?:\1 +.*\n|\n)+)", text, re.M):
        lines = m[2].split("\n")
        indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
        yield "\n".join(line[indent:] for line in lines)


def strings(path):
    if path.suffix in TEMPLATES:
        yield path.read_text("utf-8", "replace")
        return
    if path.suffix not in PROGRAMS | {".py", ".json", ".jsonl", ".yaml", ".yml"} or path.stat().st_size > LARGEST:
        return
    text = path.read_text("utf-8", "replace")
    if "{%" not in text:
        return
    if path.suffix == ".py":
        yield from strings_of_python(text)
    elif path.suffix in {".json", ".jsonl"}:
        for document in [text] if path.suffix == ".json" else text.splitlines():
            try:
                yield from strings_of_json(json.loads(document))
            except ValueError:
                pass
    elif path.suffix in {".yaml", ".yml"}:
        yield from strings_of_yaml(text)
    else:
        yield from strings_of_program(text)


def templates(folder):
    """The distinct strings that look like one, with the file that each was first found in."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink():
            for text in strings(path):
                if "{%" in text and "messages" in text:
                    found.setdefault(text, path)
    return found

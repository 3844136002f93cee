"""What a chat template gives where it was written for: jinja2, set up as
transformers does (utils/chat_template_utils.py, _compile_jinja_template)."""

import datetime
import functools
import json
import os
import re
import time

import jinja2
import jinja2.compiler
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

# The clock of strftime_now, which the Go side pins too.
NOW = datetime.datetime(2026, 3, 5, 7, 8, 9, 12345)

# strftime asks for the zone.
os.environ["TZ"] = "UTC"
time.tzset()

# Addresses, and what follows from them, are nobody's semantics.
ADDRESS = re.compile(r" at 0x[0-9a-f]+", re.I)


class Generation(jinja2.ext.Extension):
    """{% generation %}, which marks what an assistant says, as AssistantTracker has it."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    @jinja2.pass_eval_context
    def _body(self, context, caller):
        return caller()


class Dict:
    def __call__(self, *args, **kwargs):
        return dict(*args, **kwargs)

    def fromkeys(self, *args, **kwargs):
        return dict.fromkeys(*args, **kwargs)


class Namespace(jinja2.utils.Namespace):
    def __init__(*args, **kwargs):
        self, args = args[0], args[1:]
        attributes = dict(*args, **kwargs)
        for name in attributes:
            Namespace._check(name)
        jinja2.utils.Namespace.__init__(self, attributes)

    def __setitem__(self, name, value):
        Namespace._check(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)

    @staticmethod
    def _check(name):
        if isinstance(name, str) and name.startswith("_"):
            raise jinja2.exceptions.SecurityError(f"attribute {name!r} of a namespace")


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def strftime_now(format):
    return NOW.strftime(format)


def environment(**options):
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols], **options
    )
    env.filters["tojson"] = tojson
    env.globals.update(
        raise_exception=raise_exception, strftime_now=strftime_now, dict=Dict(), namespace=Namespace
    )
    return env


ENV = environment()



class Unfolding(jinja2.compiler.CodeGenerator):
    def _output_child_to_const(self, node, frame, finalize):
        raise jinja2.nodes.Impossible()


# What constants give when jinja2 does not compute them as it compiles, by other rules.
UNFOLDED = environment(optimized=False)
UNFOLDED.code_generator_class = Unfolding



@functools.cache
def compiled(source, env):
    try:
        return env.from_string(source)
    except Exception as e:  # the compiler of Python may refuse what jinja2 took
        return e


def defect(e):
    """jinja2 3.1.6 loses names among the arguments of a filter of a set block, and has
    no name for infinity; and some positions must fit into an integer of C."""
    if isinstance(e, OverflowError):
        return True
    return isinstance(e, AssertionError) and "unknown to the frame" in str(e) or isinstance(e, NameError) and "inf" in str(e)


def variables(case):
    if "vars" in case:
        return case["vars"]
    return {
        "messages": case["messages"],
        "tools": None,
        "documents": None,
        "add_generation_prompt": case["add_generation_prompt"],
        **case["tokens"],
    }


def render(case, env=ENV):
    """{"text"}, or {"error"}, or None where jinja2's answer is nobody's semantics."""
    template = compiled(case["source"], env)
    if defect(template):
        return None
    if isinstance(template, Exception):
        return {"error": f"{type(template).__name__}: {template}"}
    # The variables of a case are its own: no rendering may see what another did.
    values = json.loads(json.dumps(variables(case)))
    try:
        text = template.render(**values)
    except RecursionError as e:
        return {"error": f"RecursionError: {e}"}
    except Exception as e:
        return None if defect(e) else {"error": f"{type(e).__name__}: {e}"}
    if ADDRESS.search(text):
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return None  # half a surrogate pair is no text
    return {"text": text}

"""Conversations: of one turn, of several, with a system message, empty, and odd."""

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}

PLAIN = ["Hello!", "What is the capital of France?", "Paris.", "Be brief.", "2 + 2 = 4", "ok"]

ODD = [
    "", " ", "\n", "\n\n", "  leading and trailing  ", "\ttabs\tand\nlines\n", "a\r\nb\rc", "x" * 300,
    "Grüße, Straße, ŉ, ß", "日本語のテキスト", "👩‍👩‍👧 family 🇩🇪", "e\u0301 combining", "\u00a0nbsp\u2003", "İstanbul ǆ ﬁ",
    "<think>\nhm\n</think>\n\nanswer", "<think>open", "a</think>b</think>c", "{{ not.a.template }}", "{% raw %}",
    "<|im_end|>", "[INST] x [/INST]", "'single' and \"double\"", "back\\slash \\n", "%s %d {0} {x}", "<b>&amp;</b>",
    "\x00\x07\x1b[31m", "\u2028line\u2029sep\x85next\x1cfs", "null", "1,234.5", "Ω≈ç√∫", "٣٤ ½ ²", "\ufeffbom", "\U0001d11e",
    "<tool_call>\n{\"name\": \"f\"}\n</tool_call>", "<unused>", "---", "# Title\n\n* a\n* b\n", "word " * 40,
]


def content(r):
    return r.choice(PLAIN if r.random() < 0.5 else ODD)


def turns(r, *roles):
    return [{"role": role, "content": content(r)} for role in roles]


def of(*pairs):
    return [{"role": role, "content": text} for role, text in pairs]


USER = ("user", "What is the capital of France?")
ANSWER = ("assistant", "Paris.")
# The sixteen that every template of the corpus meets.
FIXED = [
    (of(USER), True),
    (of(USER), False),
    (of(USER, ANSWER), False),
    (of(USER, ANSWER, ("user", "And of Spain?")), True),
    (of(("system", "Be brief."), USER), True),
    (of(("system", "  Be brief.\n"), USER, ANSWER, ("user", " \tAnd?\n\n"), ("assistant", "\n Madrid. "), ("user", "!")), True),
    ([], False),
    ([], True),
    (of(("user", "")), True),
    (of(("system", ""), ("user", ""), ("assistant", ""), ("user", " ")), True),
    (of(("user", "Grüße 👩‍👩‍👧 日本\u2028e\u0301\u00a0'\"\\ <b>&\x07"), ("assistant", "İ ǆ"), ("user", "\U0001d11e")), True),
    (of(USER, ("assistant", "<think>\nhm\n</think>\n\nParis."), ("user", "x")), True),
    (of(USER, ("assistant", "<think>\nhm\n</think>\n\nParis.")), False),
    (of(USER, ("assistant", "f()"), ("tool", "1"), ("tool", "{\"a\": 2}"), ANSWER), True),
    (of(ANSWER, USER, USER, ("system", "late"), ("developer", "d"), ("ipython", "i")), True),
    (of(("user", "line\r\n" * 2000), ("assistant", "word " * 3000), ("user", "{{ x }} {% y %} <|im_end|>")), True),
]


def conversation(r):
    kind = r.randrange(9)
    if kind == 0:
        return []
    if kind == 1:
        return turns(r, "system", "user")
    if kind == 2:
        return turns(r, *["user", "assistant"] * r.randrange(1, 4), "user")
    if kind == 3:
        return turns(r, "system", *["user", "assistant"] * r.randrange(1, 4))
    if kind == 4:
        return turns(r, "user", "assistant", "tool", "tool", "assistant")
    if kind == 5:
        return turns(r, *(r.choice(["system", "user", "assistant", "tool", "developer", "", "Ünknown"]) for _ in range(r.randrange(1, 6))))
    if kind == 6:
        return [{"role": "user", "content": content(r) * r.randrange(1, 200)}]
    return turns(r, "user")

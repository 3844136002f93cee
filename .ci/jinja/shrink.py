"""Makes the templates of differences small, many at a time."""

import re

WORDS = re.compile(r"\{[{%#][-+]?|[-+]?[}%#]\}|\w+|\s+|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|.", re.S)
ROUNDS = 40
TRIES = 40


def shorter(source):
    """Versions of a template that lack one run of words each, long runs first."""
    words = WORDS.findall(source)
    size = len(words) // 2
    while size:
        for at in range(0, len(words), max(1, size // 2)):
            yield "".join(words[:at] + words[at + size :])
        size //= 2


def lighter(case):
    """The same with less to render it with."""
    if len(case.get("messages", [])) > 1:
        yield {**case, "messages": case["messages"][: len(case["messages"]) // 2]}
        yield {**case, "messages": case["messages"][len(case["messages"]) // 2 :]}
    for name in case.get("vars", ()):
        yield {**case, "vars": {k: v for k, v in case["vars"].items() if k != name}}


def candidates(case, skip):
    found = 0
    for i, smaller in enumerate([*({**case, "source": s} for s in shorter(case["source"])), *lighter(case)]):
        if i >= skip:
            yield smaller
            found += 1
            if found == TRIES:
                return


def all(failures, compare):
    """The failures, each with a smaller template that fails in the same way."""
    best = list(failures)
    skip = [0] * len(best)
    for _ in range(ROUNDS):
        tried = [(i, c) for i, b in enumerate(best) if skip[i] is not None for c in candidates(b[1], skip[i])]
        if not tried:
            break
        results = compare([c for _, c in tried])
        better = {}
        for (i, _), result in zip(tried, results):
            if i not in better and result[0] == best[i][0]:
                better[i] = result
        tries = {i: 0 for i, _ in tried}
        for i, _ in tried:
            tries[i] += 1
        for i, n in tries.items():
            if i in better:
                best[i], skip[i] = better[i], 0
            else:
                skip[i] = skip[i] + TRIES if n == TRIES else None
    return best

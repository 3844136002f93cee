#!/usr/bin/env python3
"""Renders templates with jinja2 and with this project's engine, and compares.

  compare.py --generated 3000 --seed 1    templates from the grammar
  compare.py --corpus FOLDER              those found below a folder, sixteen conversations each

A case passes with equal text, or with an error on both sides. What jinja2 renders and
the engine refuses by name when parsing is counted and listed, not failed. Status 1 if any case
differs, or if less than half of them are equal texts: then nothing was compared. The first
differences are shrunk, all are written to --report."""

import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import conversations
import corpus
import generate
import reference
import shrink

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOOR = ["go", "test", "-count=1", "-timeout=10m", "-run=^TestCases$", "./formats/chat/jinja"]


def engine(cases, door):
    """What the engine gives for each: {"text"}, {"error"}, or {"refused"} when parsing."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cases.jsonl")
        with open(path, "w") as f:
            for case in cases:
                f.write(json.dumps(case) + "\n")
        run = subprocess.run(door, cwd=ROOT, env={**os.environ, "LLADA_JINJA_CASES": path}, capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"{' '.join(door)}: {run.stdout}{run.stderr}")
        with open(path + ".out") as f:
            out = [json.loads(line) for line in f]
    if len(out) != len(cases):
        sys.exit(f"{len(out)} answers to {len(cases)} cases")
    return out


# In a branch of an if, a filter that is not there is refused only when it is reached.
UNKNOWN = re.compile(r"unknown (filter|test) ")


def verdict(want, got):
    if want is None:
        return "unspecified"
    if "text" in want:
        if "text" in got:
            return "equal" if got["text"] == want["text"] else "differs"
        return "refused" if "refused" in got or UNKNOWN.search(got["error"]) else "fails only here"
    return "renders only here" if "text" in got else "both fail"


FAILURES = ("differs", "fails only here", "renders only here")


def judge(case, want, got):
    v = verdict(want, got)
    if v in FAILURES and verdict(reference.render(case, reference.UNFOLDED), got) not in FAILURES:
        return "unspecified"
    return v


def compare(cases, door):
    with multiprocessing.Pool() as pool:
        wanted = pool.map(reference.render, cases, chunksize=len(conversations.FIXED))
    got = engine(cases, door)
    return [(judge(c, w, g), c, w, g) for c, w, g in zip(cases, wanted, got)]


def of_corpus(folders):
    sources = {}
    for folder in folders:
        sources.update(corpus.templates(folder))
    return [
        {"source": source, "messages": messages, "add_generation_prompt": ask, "tokens": conversations.TOKENS}
        for source in sources
        for messages, ask in conversations.FIXED
    ]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--generated", type=int, default=0, metavar="COUNT")
    p.add_argument("--seed", default="1")
    p.add_argument("--corpus", nargs="*", default=[], metavar="FOLDER")
    p.add_argument("--cases", metavar="FILE", help="JSON Lines with a source each, as a report has them")
    p.add_argument("--door", nargs="+", default=DOOR, help="a command that reads $LLADA_JINJA_CASES")
    p.add_argument("--report", metavar="FILE")
    p.add_argument("--shrink", type=int, default=20, metavar="N", help="how many differences to shrink")
    a = p.parse_args()
    warnings.simplefilter("ignore")  # of Python's compiler, about the templates

    cases = list(generate.cases(a.seed, a.generated))
    print(f"{len(cases)} generated cases, seed {a.seed}")
    if a.corpus:
        in_use = of_corpus(a.corpus)
        n = len(in_use) // len(conversations.FIXED)
        print(f"{len(in_use)} cases of {n} templates in use" if n else "SKIPPED templates in use: none was found")
        cases += in_use
    if a.cases:
        with open(a.cases) as f:
            cases += [json.loads(line) for line in f]
    results = compare(cases, a.door)
    if a.corpus:
        usable = {c["source"] for _, c, w, _ in results[a.generated :] if w and "text" in w}
        print(f"{len(usable)} templates in use render")
    counts = collections.Counter(v for v, *_ in results)
    for name, count in counts.most_common():
        print(f"{count:7} {name}")

    why = collections.Counter(re.sub(r"line \d+: ", "", g.get("refused") or g["error"]) for v, _, _, g in results if v == "refused")
    for message, count in why.most_common(20):
        print(f"refused {count} times: {message}")

    failures = [r for r in results if r[0] in FAILURES]
    # Of many failures of one template, which often have one cause, the first goes first.
    seen = set()
    failures.sort(key=lambda r: r[1]["source"] in seen or seen.add(r[1]["source"]) or False)
    shrunk = shrink.all(failures[: a.shrink], lambda tried: compare(tried, a.door))
    for v, case, want, got in {r[1]["source"]: r for r in shrunk}.values():
        print(f"\n{v}: {json.dumps(case['source'], ensure_ascii=False)}\n  jinja2 {json.dumps(want, ensure_ascii=False)[:400]}\n  engine {json.dumps(got, ensure_ascii=False)[:400]}")
    if a.report:
        with open(a.report, "w") as f:
            for v, case, want, got in shrunk + failures[a.shrink :]:
                f.write(json.dumps({"verdict": v, "want": want, "got": got, **case}) + "\n")
    print(f"{len(results) - len(failures)} passed, {len(failures)} failed")
    if 2 * counts["equal"] <= len(results):
        sys.exit(f"only {counts['equal']} of {len(results)} cases are equal texts: nothing was compared")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())

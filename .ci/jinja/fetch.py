#!/usr/bin/env python3
"""fetch.py FOLDER [--all]: unpacks the packages of packages.txt into folders of FOLDER.

What cannot be had is said and skipped: a registry out of reach fails no run."""

import pathlib
import subprocess
import sys
import tempfile
import zipfile

LIST = pathlib.Path(__file__).with_name("packages.txt")


def packages(every):
    for line in LIST.read_text().splitlines():
        if line == "---" and not every:
            return
        name = line.split("#")[0].strip()
        if name and name != "---":
            yield name


def fetch(name, folder):
    with tempfile.TemporaryDirectory() as download:
        run = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
             "--retries=1", "--timeout=15", "--dest", download, name],
            capture_output=True, text=True,
        )
        if run.returncode:
            return (run.stderr.strip().splitlines() or ["pip failed"])[-1]
        for wheel in pathlib.Path(download).glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(folder / name)


def main():
    folder = pathlib.Path(sys.argv[1])
    for name in packages("--all" in sys.argv[2:]):
        why = fetch(name, folder)
        print(f"skipped {name}, its templates are not compared: {why}" if why else f"fetched {name}")


if __name__ == "__main__":
    main()

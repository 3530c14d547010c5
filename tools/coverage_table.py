"""Prints how much of each package the tests run, and the files of which they run least.

`python3 build.py test -n 2 --dist loadfile --cov --cov-report json:out/coverage.json` measures, subprocesses included;
then `.venv/bin/python tools/coverage_table.py out/coverage.json [--least 15]`. Branches count as lines do.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

ROOTS = ("backend/facewright/", "clients/python/facewright_client/")


def package_of(file: str) -> str:
    """Return the package of a file: its folder below `facewright`, the file itself where it lies in none."""
    for root in ROOTS:
        _, found, inner = file.partition(root)
        if found:
            return inner.split("/")[0] if root == ROOTS[0] else "facewright_client"
    return file


def share(counts: list[int]) -> float:
    """Return covered of all, in percent."""
    return 100.0 * counts[0] / counts[1] if counts[1] else 100.0


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path, help="JSON of coverage")
    parser.add_argument("--least", type=int, default=15, help="so many files are listed")
    options = parser.parse_args()
    files: dict[str, list[int]] = {}
    packages: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file, entry in json.loads(options.report.read_text())["files"].items():
        found = entry["summary"]
        covered = found["covered_lines"] + found.get("covered_branches", 0)
        files[file] = [covered, found["num_statements"] + found.get("num_branches", 0)]
        for place, count in enumerate(files[file]):
            packages[package_of(file)][place] += count
    for name, counts in sorted(packages.items(), key=lambda item: share(item[1])):
        print(f"{name:<22}{share(counts):6.1f} %{counts[1]:8d}")
    print(f"{'all':<22}{share([sum(column) for column in zip(*files.values(), strict=True)]):6.1f} %")
    print()
    for name, counts in sorted(files.items(), key=lambda item: share(item[1]))[: options.least]:
        print(f"{share(counts):6.1f} %{counts[1]:6d}  {name}")


if __name__ == "__main__":
    main()

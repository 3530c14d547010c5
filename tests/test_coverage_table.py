"""The table of coverage adds up lines and branches by package."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "tools" / "coverage_table.py"


def entry(covered: int, statements: int, covered_branches: int, branches: int) -> dict:
    return {
        "summary": {
            "covered_lines": covered,
            "num_statements": statements,
            "covered_branches": covered_branches,
            "num_branches": branches,
        }
    }


def test_shares_add_up_by_package_and_the_least_tested_come_first(tmp_path):
    files = {
        "backend/facewright/rig/a.py": entry(8, 8, 0, 2),
        "backend/facewright/rig/deep/b.py": entry(0, 10, 0, 0),
        "backend/facewright/cli.py": entry(5, 5, 0, 0),
        "clients/python/facewright_client/client.py": entry(3, 4, 0, 0),
    }
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": files}))
    command = [sys.executable, str(SCRIPT), str(report), "--least", "1"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in printed.splitlines() if line]
    assert rows[:3] == [
        ["rig", "40.0", "%", "20"],
        ["facewright_client", "75.0", "%", "4"],
        ["cli.py", "100.0", "%", "5"],
    ]
    assert rows[3:] == [["all", "55.2", "%"], ["0.0", "%", "10", "backend/facewright/rig/deep/b.py"]]

"""compare.py BINARY WORKSPACE [ROUNDS]: whole committed runs against the DuckDB rival, in turn, on the same machine.

WORKSPACE comes from generate.py (a bill run against rival.py) or prepaid_generate.py (a prepaid run against prepaid_rival.py). Each
round starts without a book. Prints seconds, CPU and peak memory of both, the ratio of the medians, and whether the figures both
print agree. Exit 1 if they differ."""
import json
import os
import shutil
import sys
from pathlib import Path

from timed import middle, timed

RUN = ("run", "bench-monthly", "--as-of", "2026-02-01", "--until", "post")
PREPAID = ("run", "bench-prepaid", "--as-of", "2026-01-15")
# By the run that is measured: who else makes it, and what both print.
RIVALS = {
    RUN: ("rival.py", ("lines", "invoices", "net", "tax", "total")),
    PREPAID: ("prepaid_rival.py", ("transactions", "debited", "shortfalls", "closing_balance")),
}


def fresh(workspace):
    """Takes everything away that a run or the rival has left."""
    for leftover in ("book", "out", "plans", "rival"):
        shutil.rmtree(workspace / leftover, ignore_errors=True)


def run_of(workspace):
    """The run that a workspace was made to measure."""
    return PREPAID if (workspace / "definitions/bench-prepaid.yaml").exists() else RUN


def ours(binary, workspace):
    return timed([binary, *run_of(workspace), "--output", "json"], workspace, hears=True)


def rival(workspace):
    script, _ = RIVALS[run_of(workspace)]
    return timed([sys.executable, Path(__file__).with_name(script), workspace, workspace / "rival"], hears=True)


def compare(binary, workspace, rounds=3):
    """Rounds of both, one after the other so that both see the same machine, and how their results differ."""
    pairs = []
    for at in range(1, rounds + 1):
        fresh(workspace)
        pairs.append((ours(binary, workspace), rival(workspace)))
        told = (f"{who} {it.wall:.2f} s ({it.cpu:.2f} CPU s, {it.memory:.0f} MiB)" for who, it in zip(("billwright", "rival"), pairs[-1]))
        print(f"round {at}: {', '.join(told)}", file=sys.stderr)
    _, figures = RIVALS[run_of(workspace)]
    results = [[str(json.loads(it.said)[name]) for name in figures] for pair in pairs for it in pair]
    print(dict(zip(figures, results[0])), file=sys.stderr)
    return middle([pair[0] for pair in pairs]), middle([pair[1] for pair in pairs]), all(it == results[0] for it in results)


if __name__ == "__main__":
    binary, workspace, *rounds = sys.argv[1:]
    we, they, agree = compare(os.path.abspath(binary), Path(workspace).resolve(), *map(int, rounds))
    print(f"ratio wall {we.wall / they.wall:.2f}, cpu {we.cpu / they.cpu:.2f}, memory {we.memory / they.memory:.2f}, "
          f"results {'agree' if agree else 'DIFFER'}")
    sys.exit(not agree)

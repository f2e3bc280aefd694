"""compare.py BINARY WORKSPACE [ROUNDS]: whole committed runs against the DuckDB rival, in turn, on the same machine.

WORKSPACE comes from generate.py. Each round starts without a book. Prints seconds, CPU and peak memory of both, the ratio of the
medians, and whether the figures both print agree. Exit 1 if they differ."""
import json
import os
import shutil
import sys
from pathlib import Path

from timed import middle, timed

RUN = ("run", "bench-monthly", "--as-of", "2026-02-01", "--until", "post")
RIVAL = Path(__file__).with_name("rival.py")
FIGURES = ("lines", "invoices", "net", "tax", "total")


def fresh(workspace):
    """Takes everything away that a run or the rival has left."""
    for leftover in ("book", "out", "plans", "rival"):
        shutil.rmtree(workspace / leftover, ignore_errors=True)


def ours(binary, workspace):
    return timed([binary, *RUN, "--output", "json"], workspace, hears=True)


def rival(workspace):
    return timed([sys.executable, RIVAL, workspace, workspace / "rival"], hears=True)


def compare(binary, workspace, rounds=3):
    """Rounds of both, one after the other so that both see the same machine, and how their results differ."""
    pairs = []
    for at in range(1, rounds + 1):
        fresh(workspace)
        pairs.append((ours(binary, workspace), rival(workspace)))
        told = (f"{who} {it.wall:.2f} s ({it.cpu:.2f} CPU s, {it.memory:.0f} MiB)" for who, it in zip(("billwright", "rival"), pairs[-1]))
        print(f"round {at}: {', '.join(told)}", file=sys.stderr)
    results = [[json.loads(it.said)[name] for name in FIGURES] for pair in pairs for it in pair]
    print(dict(zip(FIGURES, results[0])), file=sys.stderr)
    return middle([pair[0] for pair in pairs]), middle([pair[1] for pair in pairs]), all(it == results[0] for it in results)


if __name__ == "__main__":
    binary, workspace, *rounds = sys.argv[1:]
    we, they, agree = compare(os.path.abspath(binary), Path(workspace).resolve(), *map(int, rounds))
    print(f"ratio wall {we.wall / they.wall:.2f}, cpu {we.cpu / they.cpu:.2f}, memory {we.memory / they.memory:.2f}, "
          f"results {'agree' if agree else 'DIFFER'}")
    sys.exit(not agree)

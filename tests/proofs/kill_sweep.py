"""A run killed at any call that lasts, then given again, leaves what an undisturbed run leaves (P1).

BW_STRIDE=1 kills at every call; without it at every 7th, in three modes: before, after, and halfway through a write."""
import os
import subprocess
import sys

from proof import BINARY, DOZEN, NOW, ROOT, Workspace, check, done, scratch

HARNESS = ROOT / "tests" / "harness"
STRIDE = os.environ.get("BW_STRIDE", "7")


def sweep(binary, stride=STRIDE, modes="before,after,torn", source=DOZEN):
    """Runs the sweep of the harness over `binary`; what it printed, line by line."""
    folder = scratch()
    library = folder / "killpoint.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, HARNESS / "killpoint.c", "-ldl"], check=True)
    surroundings = {**os.environ, "BW_SO": str(library), "BILLWRIGHT_NOW": NOW, "POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    command = ["env", "-C", "{dir}", str(binary), "run", "monthly", "--as-of", "2026-02-01"]
    ended = subprocess.run([sys.executable, HARNESS / "killsweep.py", Workspace(source).folder, folder / "work", modes, stride, "--", *command],
                           env=surroundings, text=True, capture_output=True)
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


if __name__ == "__main__":
    for source in (DOZEN, "samples/small"):
        code, said = sweep(BINARY, source=source)
        print("\n".join(f"  {line}" for line in said))
        killed = int(said[-2].split("killed ")[1].split(",")[0]) if len(said) > 1 and "killed" in said[-2] else 0
        check(f"{source}: killed {killed} times, stride {STRIDE}: every second try ended in the same content", code == 0 and killed > 10, said[-3:])
    done()

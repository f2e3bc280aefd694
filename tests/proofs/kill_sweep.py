"""A run killed at any call that lasts, then given again, leaves what an undisturbed run leaves (P1).

BW_STRIDE=1 kills at every call; without it at every 7th, at every 13th of the large one, and at every 23rd of prepaid nights, in three
modes: before, after, and halfway through a write."""
import os
import subprocess
import sys

from proof import BINARY, NOW, PURSE, ROOT, Workspace, check, done, scratch

HARNESS = ROOT / "tests" / "harness"
STRIDE = os.environ.get("BW_STRIDE", "7")
LARGE_STRIDE = os.environ.get("BW_STRIDE", "13")
PREPAID_STRIDE = os.environ.get("BW_STRIDE", "23")
MONTHLY = ("run", "monthly", "--as-of", "2026-02-01")
BENCH = ("run", "bench-monthly", "--as-of", "2026-02-01", "--until", "post")
NIGHTLY = ("run", "nightly", "--as-of", "2026-02-01")
# The latest of several runs, and with it the one before.
TAKEN_BACK = ("cancel", "nightly@2026-02-01")
BOTH_TAKEN_BACK = (*TAKEN_BACK, "--back-to", "nightly@2026-01-31")


def sweep(binary, workspace=None, command=MONTHLY, stride=STRIDE, modes="before,after,torn"):
    """Runs the sweep of the harness over `binary`; what it printed, line by line."""
    folder = scratch()
    library = folder / "killpoint.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, HARNESS / "killpoint.c", "-ldl"], check=True)
    surroundings = {**os.environ, "BW_SO": str(library), "BILLWRIGHT_NOW": NOW, "POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    seed = (workspace or Workspace()).folder
    ended = subprocess.run([sys.executable, HARNESS / "killsweep.py", seed, folder / "work", modes, stride, "--", "env", "-C", "{dir}", binary, *command],
                           env=surroundings, text=True, capture_output=True)
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


def computing():
    """A dozen accounts and a check that holds runs: such a run is computed also where everything is as the last one left it."""
    workspace = Workspace()
    definition = workspace.folder / "definitions" / "monthly.yaml"
    definition.write_text(definition.read_text() + "checks: { vanished: error }\n")
    return workspace


if __name__ == "__main__":
    one_night = Workspace(PURSE).at_once(5).on("nightly", "2026-01-30")
    three_nights = one_night.copy().on("nightly", "2026-01-31", "2026-02-01")
    # Few of them at once, so that a kill meets a run between two parts of its accounts too.
    for name, workspace, command, stride in (("a dozen accounts", Workspace(), MONTHLY, STRIDE),
                                             ("a dozen accounts, computed again", computing(), MONTHLY, STRIDE),
                                             ("samples/small", Workspace("samples/small"), MONTHLY, STRIDE),
                                             ("2,000 accounts", Workspace.generated(2_000, at_once=300), BENCH, LARGE_STRIDE),
                                             ("a prepaid night", one_night, NIGHTLY, PREPAID_STRIDE),
                                             ("a prepaid night taken back", three_nights, TAKEN_BACK, PREPAID_STRIDE),
                                             ("two prepaid nights taken back", three_nights, BOTH_TAKEN_BACK, PREPAID_STRIDE)):
        code, said = sweep(BINARY, workspace, command, stride)
        print("\n".join(f"  {line}" for line in said))
        killed = int(said[-2].split("killed ")[1].split(",")[0]) if len(said) > 1 and "killed" in said[-2] else 0
        check(f"{name}: killed {killed} times, stride {stride}: every second try ended in the same content", code == 0 and killed > 10, said[-3:])
    done()

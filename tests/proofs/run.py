"""Runs every proof in this folder and adds them up: run.py [NAME ..]. Each proof prints `N passed, N failed` as its last line."""
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
passed = failed = 0
for script in sorted(HERE.glob("*.py")):
    if script.stem in ("run", "proof") or (sys.argv[1:] and script.stem not in sys.argv[1:]):
        continue
    title = re.match(r'"""(.*?)["\n]', script.read_text()).group(1)
    print(f"\n{script.stem}: {title}", flush=True)
    started, last = time.monotonic(), ""
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line if line.strip() else last
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed\n", last)
    if not counts or (process.returncode != 0) != (int(counts[2]) > 0):
        print(f"  FAIL {script.name} broke off with exit {process.returncode}")
        failed += 1
    if counts:
        passed, failed = passed + int(counts[1]), failed + int(counts[2])
    print(f"  {time.monotonic() - started:.1f} s")
print(f"\n{passed} passed, {failed} failed")
sys.exit(failed > 0 or passed == 0)

"""The same command after success changes nothing of the content, whatever the day on the clock (P4, P17)."""
from proof import PURSE, Workspace, check, differing, done

for source, run in (("tests/workspaces/dozen", "monthly"), (".", "telco-monthly"), (PURSE, "nightly")):
    workspace = Workspace(source)
    first = workspace.must("run", run, "--as-of", "2026-02-01")
    before = workspace.content()
    for now in ("2026-02-01T06:00:00Z", "2026-01-30T00:00:00Z", "2026-02-20T12:00:00Z"):
        again = workspace.bill("run", run, "--as-of", "2026-02-01", now=now)
        after = workspace.content()
        check(f"{run} again at {now}: same content", after == before, differing(after, before))
        check(f"{run} again at {now}: exit {first.exit} as the first time", again.exit == first.exit, again)
        check(f"{run} again at {now}: names the run that billed", f"{run}@2026-02-01" in again.stdout + again.stderr, again)
    check(f"{run}: the book verifies", (it := workspace.bill("verify")).exit == 0, it)
done()

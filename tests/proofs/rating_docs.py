"""Every example of docs/rating.md prints what stands there. UPDATE=1 writes what it prints, to be read in the diff."""
import os
import re

from proof import ROOT, Workspace, check, done

PAGE = ROOT / "docs" / "rating.md"
SETTINGS = 'timezone = "UTC"\ncurrency = "EUR"\nrounding = "half_up"\n[seller]\nname = "Example"\n[series.default]\npattern = "{seq}"\n'

workspace = Workspace.empty()
(workspace.folder / "billwright.toml").write_text(SETTINGS)
(workspace.folder / "definitions").mkdir()
page = PAGE.read_text()
for scheme in re.findall(r"^```yaml\n(.*?)^```$", page, re.S | re.M):
    (workspace.folder / f"definitions/{re.search('^name: (.*)$', scheme, re.M)[1]}.yaml").write_text(scheme)


def answered(block):
    """The commands of a block, each with what it prints."""
    for command in re.findall(r"^\$ billwright (.*)$", block[1], re.M):
        ended = workspace.bill(*command.split())
        yield f"$ billwright {command}\n{ended.stdout}{ended.stderr}"


def block(found):
    told = "".join(answered(found))
    first = told.split("\n", 1)[0]
    check(f"{first}, and the rest of its example", told == found[1])
    return f"```console\n{told}```"


made = re.sub(r"^```console\n(.*?)^```$", block, page, flags=re.S | re.M)
if os.environ.get("UPDATE"):
    PAGE.write_text(made)
done()

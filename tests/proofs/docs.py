"""Every example of docs/rating.md, docs/usage.md, docs/invoices.md, docs/prepaid.md and docs/nights.md prints what stands there. UPDATE=1 writes what it prints, to be read in the diff."""
import os
import re
import shlex
import subprocess
from datetime import datetime

from proof import ROOT, Workspace, check, done

SETTINGS = ('timezone = "UTC"\ncurrency = "EUR"\nrounding = "half_up"\nallow_auto_post = true\n[seller]\nname = "Example"\n'
            '[series.default]\npattern = "{seq}"\n[series.credit_notes]\npattern = "C-{seq}"\n')
SILENT = " > /dev/null"


def blocks(page, info):
    """(what stands behind the name of the language, text) of each block."""
    return re.findall(rf"^```{info} ?(\S*)\n(.*?)^```$", page, re.S | re.M)


def workspace_of(page):
    """A workspace of the definitions, tables and settings on a page."""
    workspace, settings = Workspace.empty(), SETTINGS
    (workspace.folder / "definitions").mkdir()
    for name, definition in blocks(page, "yaml"):
        if name:  # what is written later
            (workspace.folder / name).parent.mkdir(exist_ok=True)
            (workspace.folder / f"{name}.yaml").write_text(definition)
            continue
        (workspace.folder / f"definitions/{re.search('^name: (.*)$', definition, re.M)[1]}.yaml").write_text(definition)
    for name, table in blocks(page, "csv"):
        (workspace.folder / name).parent.mkdir(exist_ok=True)
        (workspace.folder / f"{name}.csv").write_text(table)
        if "/" in name:
            continue  # what an export says later
        settings += f'[inputs.{name}]\npath = "{name}.csv"\n'
    settings += "".join(more for _, more in blocks(page, "toml"))
    (workspace.folder / "billwright.toml").write_text(settings)
    return workspace


def answered(workspace, block):
    """The commands of a block, each with what it prints."""
    for command in re.findall(r"^\$ (?:billwright )?(.*)$", block[1], re.M):
        if command.startswith(("cp ", "sed ")):
            subprocess.run(shlex.split(command), cwd=workspace.folder, check=True)
            yield f"$ {command}\n"
            continue
        if command.startswith("touch -d "):
            _, _, time, file = command.split()
            at = datetime.fromisoformat(time).timestamp()
            os.utime(workspace.folder / file, (at, at))
            yield f"$ {command}\n"
            continue
        ended = workspace.bill(*shlex.split(command.removesuffix(SILENT)))
        is_silent = command.endswith(SILENT)
        told = "" if is_silent and ended.exit == 0 else ended.stderr if is_silent else ended.stdout + ended.stderr
        # Every hash of a run changes with the engine.
        told = re.sub("^Chain head: .*\n", "", told, flags=re.M)
        yield f"$ billwright {command}\n{told}"


for path in (ROOT / "docs" / page for page in ("rating.md", "usage.md", "invoices.md", "prepaid.md", "nights.md")):
    page = path.read_text()
    workspace = workspace_of(page)

    def block(found):
        told = "".join(answered(workspace, found))
        first = told.split("\n", 1)[0]
        check(f"{path.name}: {first}, and the rest of its example", told == found[1])
        return f"```console\n{told}```"

    made = re.sub(r"^```console\n(.*?)^```$", block, page, flags=re.S | re.M)
    if os.environ.get("UPDATE"):
        path.write_text(made)
done()

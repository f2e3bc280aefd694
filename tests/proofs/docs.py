"""Every example of docs/rating.md, docs/usage.md, docs/invoices.md and docs/prepaid.md prints what stands there. UPDATE=1 writes what it prints, to be read in the diff."""
import os
import re
import shlex
import subprocess

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
    for _, definition in blocks(page, "yaml"):
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
        ended = workspace.bill(*command.removesuffix(SILENT).split())
        told = "" if command.endswith(SILENT) and ended.exit == 0 else ended.stdout + ended.stderr
        yield f"$ billwright {command}\n{told}"


for path in (ROOT / "docs" / page for page in ("rating.md", "usage.md", "invoices.md", "prepaid.md")):
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

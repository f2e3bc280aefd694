"""WKS: workspace files that cannot be meant."""
import os
import shutil

from attempt import AS_OF, At, Elsewhere, Later, Try

FILE = "billwright.toml"
MAIL = Later("mail: `[smtp]` is not built yet")


def first_line(workspace, text):
    path = workspace.folder / FILE
    path.write_text(text + "\n" + path.read_text())


def last_lines(workspace, text):
    path = workspace.folder / FILE
    path.write_text(path.read_text() + "\n" + text + "\n")


def instead_of(old):
    return lambda workspace, text: workspace.edit(FILE, old, text)


def linked_output(workspace, _):
    """To a folder beside the workspace: whoever walks through the link then does not walk through the machine."""
    elsewhere = workspace.folder.parent / "elsewhere"
    elsewhere.mkdir()
    shutil.rmtree(workspace.folder / "out")
    os.symlink(elsewhere, workspace.folder / "out")


def nothing_elsewhere(workspace, _):
    workspace.bill("run", "monthly", "--as-of", AS_OF)
    return "a run is refused too, and nothing written through the link", not list((workspace.folder.parent / "elsewhere").iterdir())


def no_file(workspace, _):
    os.remove(workspace.folder / FILE)


def for_everybody(workspace, _):
    os.chmod(workspace.folder / FILE, 0o666)


CASES = {
    "WKS-001": Try(first_line, f"{FILE}:1:11", ("value",)),
    "WKS-002": Try(last_lines, At(FILE, "[smtp]", 2), ("first",)),
    "WKS-003": Try(first_line, f"{FILE}:1:1", ("did you mean `threads`",)),
    "WKS-006": Try(first_line, f"{FILE}:1:7", ("different folders",)),
    "WKS-007": Try(first_line, f"{FILE}:1:7", ("folder of their own",)),
    "WKS-008": Try(linked_output, "out", ("links are not followed",), then=nothing_elsewhere),
    "WKS-009": Elsewhere("needs a network file system; src/book/open.rs has the types that are refused"),
    "WKS-012": MAIL,
    "WKS-013": MAIL,
    "WKS-014": MAIL,
    "WKS-015": Try(lambda workspace, _: workspace.edit(FILE, 'timezone = "Europe/Berlin"\n', ""), FILE, ("timezone", "machine's")),
    "WKS-016": Try(instead_of('timezone = "Europe/Berlin"'), At(FILE, '"Europe/Berlinn"'), ("did you mean Europe/Berlin?",)),
    "WKS-017": Later("bounds: `[limits]` is not built yet"),
    "WKS-018": Try(instead_of('url = "sqlite:book/book.sqlite"'), At(FILE, '"sqlite:${'), ("BOOK_DIR is not set", "empty value"),
                   environment=(("BOOK_DIR", ""),)),
    "WKS-019": Try(no_file, "", ("billwright init",)),
    "WKS-020": Try(first_line, f"{FILE}:1:10", ("up to schema 1",)),
    "WKS-021": Try(for_everybody, FILE, ("chmod go-w", "666")),
}

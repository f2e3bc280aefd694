"""What the proofs share: a workspace to itself, the release binary in it, the content of a book, and the count of what held."""
import glob
import hashlib
import importlib.util
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("BILLWRIGHT", str(TARGET / "release" / "billwright"))
NOW = "2026-02-01T06:00:00Z"
DOZEN = "tests/workspaces/dozen"
PURSE = "tests/workspaces/purse"

_held = _failed = 0
_folders = tempfile.TemporaryDirectory(prefix="billwright-proof-")


def check(what, held, detail=""):
    """Counts and prints one thing that must hold."""
    global _held, _failed
    _held, _failed = _held + bool(held), _failed + (not held)
    print(f"  {'ok  ' if held else 'FAIL'} {what}" + (f"\n       {detail}" if detail and not held else ""), flush=True)
    return held


def done():
    """The closing line and the exit code."""
    print(f"{_held} passed, {_failed} failed")
    sys.exit(_failed > 0)


def scratch():
    """A new empty folder, gone at the end."""
    return Path(tempfile.mkdtemp(dir=_folders.name))


class Ended:
    def __init__(self, process):
        self.exit, self.stdout, self.stderr = process.returncode, process.stdout, process.stderr

    def __str__(self):
        return f"exit {self.exit}: {(self.stderr or self.stdout).strip()[:800]}"


class Workspace:
    """A copy of a workspace of the repository in a folder of its own, with the templates of the repository."""

    def __init__(self, source=DOZEN):
        self.folder = scratch() / "workspace"
        self.folder.mkdir()
        parts = ("billwright.toml", "definitions", "samples") if ROOT / source == ROOT else os.listdir(ROOT / source)
        for whole in [ROOT / source / part for part in parts] + [ROOT / "templates"]:
            self.take(whole)

    @classmethod
    def over(cls, folder):
        """A workspace that lies there already, used as it is."""
        workspace = cls.__new__(cls)
        workspace.folder = Path(folder).resolve()
        return workspace

    def take(self, whole):
        """Copies a file or folder to the top of the workspace."""
        (shutil.copytree if whole.is_dir() else shutil.copy2)(whole, self.folder / whole.name)

    def copy(self):
        """The same workspace once more, book and all."""
        other = object.__new__(Workspace)
        other.folder = scratch() / "workspace"
        shutil.copytree(self.folder, other.folder, symlinks=True)
        return other

    @classmethod
    def empty(cls):
        """A folder with nothing in it, to be filled by the proof."""
        workspace = cls.__new__(cls)
        workspace.folder = scratch() / "workspace"
        workspace.folder.mkdir()
        return workspace

    @classmethod
    def generated(cls, accounts, at_once=None):
        """As many accounts as one likes, from the generator of the benchmarks, for the run `bench-monthly`; billed `at_once` by so many."""
        workspace = cls.empty()
        subprocess.run([sys.executable, ROOT / "bench" / "generate.py", str(accounts), workspace.folder], check=True)
        return workspace.at_once(at_once)

    @classmethod
    def of_wallets(cls, wallets, at_once=None):
        """The same of prepaid accounts, for the run `bench-prepaid`."""
        workspace = cls.empty()
        subprocess.run([sys.executable, ROOT / "bench" / "prepaid_generate.py", workspace.folder, "--wallets", str(wallets)], check=True, stdout=subprocess.DEVNULL)
        return workspace.at_once(at_once)

    def at_once(self, accounts):
        """Lets so many accounts be billed at a time."""
        if accounts:
            settings = self.folder / "billwright.toml"
            settings.write_text(f"accounts_at_once = {accounts}\n{settings.read_text()}")
        return self

    def start(self, *words, now=NOW, program=BINARY, **environment):
        """Starts a command and does not wait for it."""
        surroundings = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "BILLWRIGHT_NOW": now, **environment}
        return subprocess.Popen([program, *words], cwd=self.folder, env=surroundings, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def bill(self, *words, **options):
        process = self.start(*words, **options)
        process.stdout, process.stderr = process.communicate()
        return Ended(process)

    def must(self, *words, exits=(0, 5), **options):
        """A command the proof rests on: without it there is nothing to prove."""
        ended = self.bill(*words, **options)
        assert ended.exit in exits, f"{' '.join(words)}: {ended}"
        return ended

    def on(self, run, *days, **options):
        """A run on each of some days, in the morning."""
        for day in days:
            self.must("run", run, "--as-of", day, now=f"{day}T06:00:00Z", **options)
        return self

    def remove(self):
        """Takes it away before the end, where there are many."""
        shutil.rmtree(self.folder.parent)

    def content(self, *inside):
        """Hashes by path, of the whole workspace or of some folders; a database as its dump, who tried when left out."""
        found = {}
        for folder in inside or ("",):
            for path in sorted((self.folder / folder).rglob("*")):
                name = str(path.relative_to(self.folder))
                if path.is_dir() or name.endswith(("-wal", "-shm")):
                    continue
                found[name] = hashlib.sha256(dump(path) if path.suffix == ".sqlite" else path.read_bytes()).hexdigest()
        return found

    def edit(self, file, old, new):
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new))

    def book(self):
        """The book, attached read-only by DuckDB as `book`, from the workspace folder as its readers are told to."""
        import duckdb
        os.chdir(self.folder)
        reader = duckdb.connect()
        for name in ("ducklake", "sqlite_scanner"):
            package = importlib.util.find_spec(f"duckdb_extension_{name}").submodule_search_locations[0]
            reader.execute(f"LOAD '{glob.glob(f'{package}/extensions/v*/*.duckdb_extension')[0]}'")
        reader.execute("ATTACH 'ducklake:sqlite:book/book.sqlite' AS book (READ_ONLY)")
        return reader

    def rows(self, query):
        return self.book().execute(query).fetchall()


class _Text(yaml.SafeLoader):
    """YAML 1.2, as ours is: `off` is a word, and `true` a yes. Dates stay text."""


_Text.yaml_implicit_resolvers = {key: [pair for pair in pairs if not pair[0].endswith(("timestamp", "bool"))]
                                 for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()}
_Text.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def definition(file):
    """A definition as a parser other than ours reads it."""
    return yaml.load(file.read_text(), _Text)


def dump(database):
    """A database as text sorted by statement, so that page layout and order of writing do not matter."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok", f"{database} is damaged"
        return "\n".join(sorted(line for line in connection.iterdump() if "bw_attempt" not in line)).encode()


def differing(one, other):
    """Names whose content differs, for a message."""
    return ", ".join(sorted(name for name in {*one, *other} if one.get(name) != other.get(name))[:8])

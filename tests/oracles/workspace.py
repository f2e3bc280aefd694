"""A workspace as another reader sees it: settings, definitions, and the rows of its inputs as text."""
import csv
import glob
import sqlite3
import tomllib
from pathlib import Path

import yaml


class _Text(yaml.SafeLoader):
    """YAML whose dates stay text."""


_Text.yaml_implicit_resolvers = {key: [pair for pair in pairs if not pair[0].endswith("timestamp")]
                                 for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()}


class Workspace:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.settings = tomllib.loads((self.folder / "billwright.toml").read_text())
        self.definitions = {}
        for file in sorted((self.folder / "definitions").rglob("*.yaml")):
            read = yaml.load(file.read_text(), _Text)
            self.definitions[read["kind"], read["name"]] = read

    def of_kind(self, kind):
        return {name: read for (its_kind, name), read in self.definitions.items() if its_kind == kind}

    def rows(self, table):
        """Rows of an input, columns by our names, empty text as None; an empty list where the workspace names no such input."""
        source = self.settings["inputs"].get(table)
        if source is None:
            return []
        if "sql" in source:
            return self._selected(source["sql"])
        theirs = {their: our for our, their in source.get("columns", {}).items()}
        found = []
        for file in sorted(glob.glob(str(self.folder / source["path"]))):
            if file.endswith(".parquet"):
                import duckdb
                reader = duckdb.sql(f"SELECT COLUMNS(*)::VARCHAR FROM read_parquet('{file}')")
                names, values = reader.columns, reader.fetchall()
            else:
                with open(file, newline="") as text:
                    names, *values = csv.reader(text)
            names = [theirs.get(name, name) for name in names]
            found += [{name: value or None for name, value in zip(names, row)} for row in values]
        return found

    def _selected(self, query):
        """Evaluates a `sql` input with SQLite over the other inputs; all columns are text."""
        with sqlite3.connect(":memory:") as database:
            database.execute("PRAGMA case_sensitive_like = ON")
            for name, source in self.settings["inputs"].items():
                if "path" in source:
                    rows = self.rows(name)
                    store(database, name, rows)
            cursor = database.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, (value or None for value in row))) for row in cursor]


def store(database, name, rows):
    columns = list(rows[0]) if rows else ["nothing"]
    database.execute(f'CREATE TABLE "{name}" ({", ".join(f"""{chr(34)}{column}{chr(34)} TEXT""" for column in columns)})')
    database.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', [tuple(row.values()) for row in rows])


def true_for(expression, rows):
    """The numbers of the rows that a `where` is true for."""
    with sqlite3.connect(":memory:") as database:
        database.execute("PRAGMA case_sensitive_like = ON")
        asked = [column for column in rows[0] if column in expression]
        store(database, "candidate", [{column: row.get(column) for column in asked} for row in rows])
        return {row[0] - 1 for row in database.execute(f"SELECT rowid FROM candidate WHERE {expression}")}

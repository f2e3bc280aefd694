"""What a case of the catalogue is here: how its bad input is made, where the trouble is to be shown, and what is to be said of it."""
from dataclasses import dataclass
from typing import Callable

AS_OF = "2026-02-01"


@dataclass(frozen=True)
class At:
    """A place in a text file, found by what stands there: the `nth` of these words."""
    file: str
    words: str
    nth: int = 1

    def shown(self, workspace):
        text = (workspace.folder / self.file).read_bytes().decode("utf-8-sig")
        start = -1
        for _ in range(self.nth):
            start = text.index(self.words, start + 1)
        before = text[:start]
        return f"{self.file}:{before.count(chr(10)) + 1}:{start - before.rfind(chr(10))}"


@dataclass(frozen=True)
class Try:
    """A case that can be tried.

    `put(workspace, text)` makes the bad input, `text` being the catalogue's in our words. `place` is one place or several,
    each `At` or as printed; all must be shown. `says` are words the message, its labels, its help or `explain` must have.
    `absent(workspace)` makes the workspace a parked account is compared with; without it there is no such account at all.
    `then(workspace, ended)` gives the name of a further thing that must hold, and whether it does.
    `costs` are the seconds and MiB that the command may take. `code` and `exit` differ from the catalogue's only with the reason `because`.
    """
    put: Callable
    place: object = ()
    says: tuple = ()
    as_of: str = AS_OF
    command: tuple = ()
    absent: Callable = None
    then: Callable = None
    code: str = None
    exit: int = None
    because: str = ""
    environment: tuple = ()
    costs: tuple = ()

    def places(self, workspace):
        several = self.place if isinstance(self.place, tuple) else (self.place,)
        return [place.shown(workspace) if isinstance(place, At) else place for place in several]


@dataclass(frozen=True)
class Later:
    """A case about something that comes in a later part."""
    reason: str


@dataclass(frozen=True)
class Elsewhere:
    """A case that needs what this machine may not have, and the test that stands in for it."""
    reason: str


# The words of the catalogue are general; these are ours. Columns of input rows:
COLUMNS = {
    "product": "charge",
    "start": "start_on",
    "end": "end_on",
    "qty": "quantity",
    "amount": "unit_price",
    "rate": "unit_price",
    "ts": "used_at",
}
# Lines of definitions and of billwright.toml, as patterns:
LINES = [
    (r"^price: (.+)$", r"price: { flat: \1 }"),
    (r"^prcie: (.+)$", r"prcie: { flat: \1 }"),
    (r"^id: ", r"name: "),
    (r"^prorate: ", r"enabled: "),
    (r"^quota: (.+)$", r"usage: { meter: minutes, included: \1 }"),
    # A tier says where it ends; the next begins there. So two of them overlap where the ends do not ascend.
    (r"^tiers: \[(.+)\]$", r"price: { graduated: [\1] }"),
    (r', price: ("\d+")', r", unit: \1"),
    (r'\{from: (\d+), unit: "2"\}', r'{to: \1, unit: "2"}, {unit: "3"}'),
    (r"^country: (.+)$", r'- { category: standard, match: { country: \1 }, percent: "25" }'),
    (r"^tax_rate: (.+)$", r'- { category: standard, percent: \1 }'),
    (r"^valid_from: (\S+).*$", r'- { valid_from: \1, flat: "10.00" }'),
    (r'^book = "(.+)"$', r'url = "sqlite:\1"'),
]

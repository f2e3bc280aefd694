"""Every case of the bad-input catalogue that this version can meet: outcome, exit, code, place, help, and what was written."""
import json
import re
import sys

from proof import BINARY, ROOT, Workspace, check, differing, done

sys.path.insert(0, str(ROOT / "tests/bad_inputs"))
import accounts, attempt, definitions, files, parquet, services, settings, usage  # noqa: E401

CATALOGUE = json.loads((ROOT / "tests/bad_inputs/cases.json").read_text())["cases"]
CASES = {**definitions.CASES, **settings.CASES, **files.CASES, **accounts.CASES, **services.CASES, **usage.CASES, **parquet.CASES}
# Groups about parts that come later, or that a test of their own goes through.
OTHER_GROUPS = {"TPL": "templates", "BOK": "the book", "CLI": "the command line", "SMT": "mail", "PAY": "payments", "EXP": "exports"}
# What a parked account may not touch; what counts rows, and the exception itself, tell the two runs apart by design.
SETTLED = [f"book/data/main/{table}" for table in ("invoice", "invoice_line", "invoice_party", "invoice_tax", "journal", "watermark")] + ["out"]
# What a command writes to; a refused one leaves all of it as it was.
WRITTEN = ("book", "out", "plans", "definitions", "templates")
MEASURED = """\
import resource, subprocess, sys, time
begun = time.monotonic()
subprocess.run(sys.argv[1:], capture_output=True)
print(time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""

_billed_once = None


def workspace():
    """Three accounts in good order, billed once, so that there is something to leave as it was."""
    global _billed_once
    if _billed_once is None:
        _billed_once = Workspace("tests/bad_inputs/workspace")
        _billed_once.must("run", "monthly", "--as-of", "2026-01-01", exits=(0,))
    return _billed_once.copy()


def in_our_words(text):
    """The literal of a case line by line, where a line is one of those we say in another way."""
    def line(text):
        for pattern, ours in attempt.LINES:
            text = re.sub(pattern, ours, text)
        return text
    return "\n".join(line(each) for each in text.split("\n"))


def words(case, tried):
    """The command of a case."""
    if tried.command:
        return tried.command
    return ("check",) if case["command"] == "check" else (case["command"], "monthly", "--as-of", tried.as_of)


def plain(text):
    """A text as one line, frames and line breaks of the terminal taken out."""
    return " ".join(text.replace("|", " ").replace("│", " ").split())


def place_of(problem):
    """The place of a problem in JSON, as it is printed."""
    place = problem.get("place") or {key: problem[key] for key in ("account_id", "subscription_id", "service_id") if problem.get(key)}
    if "account_id" in place:
        return " ".join(place.values())
    if "row" in place:
        return f"{place['file']}, row {place['row']}" + (f", {place['column']}" if place.get("column") else "")
    if "line" in place:
        return f"{place['file']}:{place['line']}:{place['column']}"
    return next(iter(place.values()), "")


def whole(problem):
    """All a problem says; JSON has control characters as they are, so they are shown here as in the text."""
    also = " ".join(f"{each['place']}: {each['text']}" for each in problem.get("also") or [])
    text = f"{place_of(problem)} {problem.get('message', '')} {also} {problem.get('help') or ''}"
    return "".join(letter if letter.isprintable() or letter == "\n" else f"U+{ord(letter):04X}" for letter in text)


class Case:
    """One case being tried: counts what does not hold, and says it in one line."""

    def __init__(self, case, tried):
        self.case, self.tried, self.missing = case, tried, []
        self.exit = case["exit"] if tried.exit is None else tried.exit
        self.code = tried.code or case["code"]
        self.text = in_our_words(case["input"])

    def want(self, what, holds):
        if not holds:
            self.missing.append(what)

    def prepared(self):
        here = workspace()
        self.tried.put(here, self.text)
        return here

    def bill(self, here, *more):
        return here.bill(*words(self.case, self.tried), *more, **dict(self.tried.environment))

    def ended(self, ended, wanted=None):
        wanted = self.exit if wanted is None else wanted
        self.want(f"exit {wanted}, not {str(ended)[:400]}", ended.exit == wanted)

    def answer(self, ended):
        try:
            return json.loads(ended.stdout)
        except ValueError:
            self.want(f"JSON, not {ended}", False)
            return {}

    def problems(self, here, found, texts):
        """Code, place and help, of those with the code, as JSON and in a text for people."""
        ours = [problem for problem in found if problem.get("code") == self.code]
        said = [plain(text) for text in (*map(whole, ours), *texts)]
        self.want(f"{self.code} among {sorted({str(problem.get('code')) for problem in found})}", ours)
        for text in texts:
            self.want(f"{self.code} in the text", self.code in text)
        if not ours:
            return
        every = " ".join(said)
        for place in self.tried.places(here):
            self.want(f"place {place!r} in JSON {[whole(problem) for problem in ours]}", any(place in whole(problem) for problem in ours))
            for text in texts:
                self.want(f"place {place!r} in {plain(text)!r}", place in plain(text).replace(",", " ") or place in plain(text))
        for word in self.tried.says:
            self.want(f"{word!r} in {every!r}", plain(word) in every)

    def costs(self, here):
        """What the command takes, asked of the system by a process that has no other child."""
        if not self.tried.costs:
            return
        command = [BINARY, *words(self.case, self.tried)]
        seconds, mebibytes = map(float, here.bill("-c", MEASURED, *command, program=sys.executable).stdout.split())
        self.want(f"{self.tried.costs} seconds and MiB at most, not {seconds:.1f} and {mebibytes:.0f}",
                  seconds <= self.tried.costs[0] and mebibytes <= self.tried.costs[1])

    def then(self, here, ended):
        if self.tried.then:
            self.want(*self.tried.then(here, ended))

    def refuse(self):
        """Nothing is written, whichever way it is asked."""
        here = self.prepared()
        before = here.content(*WRITTEN)
        text, programs = self.bill(here), self.bill(here, "--output", "json")
        self.ended(text)
        self.ended(programs)
        self.problems(here, self.answer(programs).get("errors", []), [text.stderr + text.stdout])
        after = here.content(*WRITTEN)
        self.want(f"nothing written: {differing(before, after)}", before == after)
        self.costs(here)
        self.then(here, text)

    def hold(self):
        """Nothing is posted; a plan may be kept."""
        here = self.prepared()
        before = here.content("book", "out")
        text, programs = self.bill(here), self.bill(here, "--output", "json")
        self.ended(text)
        self.ended(programs)
        self.problems(here, self.answer(programs).get("errors", []), [text.stderr + text.stdout])
        after = here.content("book", "out")
        self.want(f"nothing posted: {differing(before, after)}", before == after)

    def accept(self):
        """As in an ordinary run: nobody is set aside."""
        here = self.prepared()
        ended = self.bill(here, "--output", "json")
        self.ended(ended)
        answer = self.answer(ended)
        self.want(f"no exceptions: {answer.get('exceptions')}", not answer.get("exceptions"))
        if self.code:
            self.problems(here, answer.get("notices", []), [])
        self.then(here, ended)

    def warn(self):
        """As in an ordinary run, plus the notice."""
        here = self.prepared()
        text, programs = self.bill(here), self.bill(here, "--output", "json")
        self.ended(text)
        self.ended(programs)
        answer = self.answer(programs)
        self.problems(here, answer.get("notices", []) + answer.get("findings", []), [text.stderr])
        self.then(here, text)

    def park(self):
        """The account is listed with its code and place; everybody else comes out as if it were not there."""
        here = self.prepared()
        ended = self.bill(here, "--output", "json")
        self.ended(ended)
        failed = json.loads(here.must("show", "monthly", "--tab", "failed", "--output", "json").stdout or "[]")
        why = here.must("explain", self.code, exits=(0, 2))
        table = here.must("show", "monthly", "--tab", "failed", "--output", "csv").stdout
        self.problems(here, [{**row, "help": why.stdout} for row in failed], [table])
        absent = workspace()
        if self.tried.absent:
            self.tried.absent(absent)
        ordinary = absent.bill("run", "monthly", "--as-of", self.tried.as_of)
        self.ended(ordinary, 0)
        one, other = here.content(*SETTLED), absent.content(*SETTLED)
        self.want(f"all others as without it: {differing(one, other)}", one == other)
        self.then(here, ended)

    orphan = park


def main(only):
    tried = later = elsewhere = 0
    for case in CATALOGUE:
        name, group = case["id"], case["id"][:3]
        if only and not name.startswith(tuple(only)):
            continue
        if group in OTHER_GROUPS:
            later += 1
            continue
        plan = CASES.get(name)
        if isinstance(plan, (attempt.Later, attempt.Elsewhere)):
            later += isinstance(plan, attempt.Later)
            elsewhere += isinstance(plan, attempt.Elsewhere)
            print(f"  {'later' if isinstance(plan, attempt.Later) else 'else '} {name} {case['title']}: {plan.reason}")
            continue
        if plan is None:
            check(f"{name} is tried, or said to come later", False)
            continue
        tried += 1
        this = Case(case, plan)
        try:
            getattr(this, case["outcome"])()
        except Exception as broken:  # one case that cannot be prepared leaves the others to be tried
            this.want(f"prepared: {type(broken).__name__} {broken}"[:800], False)
        remark = f" ({plan.because})" if plan.because else ""
        check(f"{name} {case['title']}: {case['outcome']} {this.code or ''}{remark}", not this.missing, "\n       ".join(this.missing))
    if not only:
        known = {case["id"] for case in CATALOGUE}
        check("no case is made up", set(CASES) <= known, sorted(set(CASES) - known))
    print(f"  {tried} tried, {elsewhere} proven elsewhere, {later} about later parts, of {len(CATALOGUE)}")


main(sys.argv[1:])
done()

"""Other projects' own test cases come out to the last digit, and each that is left out has a reason."""
import json
import sys
from collections import Counter

from proof import ROOT, check, done

HERE = ROOT / "tests" / "conformance"
sys.path.insert(0, str(HERE))
import charges_of, commitments_of, periods_of, prorations_of, rounding_of, usage_of, wallets_of  # noqa: E401
from ask import NotApplicable, NotYet

MAPPED = {"charge_models": charges_of, "commitments_discounts": commitments_of, "periods": periods_of, "prorations": prorations_of, "taxes_rounding": rounding_of, "usage_rating": usage_of,
          "wallets_credits": wallets_of}
# So many came out before: fewer is a step back.
AT_LEAST = {"charge_models": 169, "commitments_discounts": 34, "periods": 444, "prorations": 362, "taxes_rounding": 119, "usage_rating": 92, "wallets_credits": 47}


def asked(module, case):
    """(pass, fail, never or later, and why) of one case."""
    if case["id"] in getattr(module, "PECULIAR", {}):
        return "never", module.PECULIAR[case["id"]]
    function = getattr(module, "KINDS", {}).get((case["source"]["repo"], case["given"]["kind"]))
    if not function:
        return "later", f"{case['source']['repo']}: {case['given']['kind']}"
    try:
        ours, theirs = function(case["given"], case["expect"])
    except NotApplicable as reason:
        return "never", str(reason)
    except NotYet as reason:
        return "later", str(reason)
    return ("pass", "") if ours == theirs else ("fail", f"{case['id']}: {ours}, and the source says {theirs}")


total = Counter()
for path in sorted((HERE / "cases").glob("*.json")):
    read = json.loads(path.read_text())
    cases = read if isinstance(read, list) else read["cases"]
    answers = [asked(MAPPED.get(path.stem), case) for case in cases]
    count = Counter(what for what, _ in answers)
    total += count
    applicable = len(cases) - count["never"]
    wrong = [why for what, why in answers if what == "fail"]
    check(f"{path.name}: {len(cases)} cases, {applicable} applicable, {count['pass']} passed, {count['later']} not reached yet, {count['never']} not applicable", not wrong, "\n       ".join(wrong[:8]))
    if AT_LEAST[path.stem]:
        check(f"{path.name}: at least {AT_LEAST[path.stem]} of them pass", count["pass"] >= AT_LEAST[path.stem])
    for what, words in (("never", "not applicable"), ("later", "not reached yet")):
        for why, many in sorted(Counter(why for kind, why in answers if kind == what).items()):
            print(f"       {words}: {many:3} {why}")
cases = total.total()
print(f"       all: {cases} cases, {cases - total['never']} applicable ({(cases - total['never']) / cases:.1%}), {total['pass']} passed ({total['pass'] / cases:.1%}), {total['later']} not reached yet")
done()

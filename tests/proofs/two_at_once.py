"""Two runs started together, 50 times, and 200 times of prepaid accounts: one posts, the other is told of the lock or finds nothing due (P28)."""
import os
import time
from collections import Counter

from duckdb_agrees import WALLETS, found
from proof import PURSE, Workspace, check, differing, done

ROUNDS = int(os.environ.get("BW_ROUNDS", "50"))
PREPAID_ROUNDS = int(os.environ.get("BW_ROUNDS", "200"))
SECONDS = 60  # after which no further round of prepaid accounts is begun


def together(workspace, *commands):
    """(exit, stderr) of commands that are started at once."""
    several = [workspace.start(*command) for command in commands]
    said = [process.communicate() for process in several]
    return [(process.returncode, error) for process, (_, error) in zip(several, said)]


def race(name, seed, command, rounds, seconds=float("inf")):
    """Twice the same command at once, over and over; gives the workspace of a run that was alone."""
    alone = seed.copy()
    alone.must(*command)
    gold, begun = alone.content(), time.monotonic()
    made, wrong, locked, nothing = 0, [], 0, 0
    while made < rounds and time.monotonic() - begun < seconds:
        workspace = seed.copy()
        pair = together(workspace, command, command)
        exits = sorted(code for code, _ in pair)
        locked += exits == [5, 7]
        nothing += exits == [5, 5]
        named = all("BW-L101" in error for code, error in pair if code == 7)
        if exits not in ([5, 7], [5, 5]) or not named or workspace.content() != gold:
            wrong.append(f"round {made}: exits {exits}, {differing(workspace.content(), gold)}: {pair}"[:600])
        made += 1
        workspace.remove()
    check(f"{name}, {made} rounds: exits 5 and 7, or 5 twice ({locked} met the lock, {nothing} found nothing due)", locked + nothing == made > 0, wrong[:1])
    check(f"{name}, {made} rounds: the book of a run that was alone", not wrong, "\n".join(wrong[:3]))

    waiting = seed.copy()
    exits = [code for code, _ in together(waiting, *[(*command, "--wait")] * 4)]
    check(f"{name}, four that wait: all end as the first did", exits == [5] * 4, exits)
    check(f"{name}, four that wait: the book of a run that was alone", waiting.content() == gold, differing(waiting.content(), gold))
    return alone


def broken(workspace):
    """What does not add up in the wallets of a book."""
    return [what for what, rows in found(workspace, WALLETS).items() if rows]


race("a dozen accounts", Workspace(), ("run", "monthly", "--as-of", "2026-02-01"), ROUNDS)

purse = Workspace(PURSE).on("nightly", "2026-01-30")
alone = race("a prepaid night", purse, ("run", "nightly", "--as-of", "2026-02-01"), PREPAID_ROUNDS, SECONDS)
check("a prepaid night: every day is debited once and the wallets add up", not broken(alone), broken(alone))

# Two nights at once, whichever is first: the earlier one finds its days debited, or the later one goes on behind it.
nights = [("run", "nightly", "--as-of", night, "--wait") for night in ("2026-01-31", "2026-02-01")]
wrong, orders = [], Counter()
for number in range(ROUNDS // 2):
    workspace = purse.copy()
    exits = [code for code, _ in together(workspace, *nights[:: (-1) ** number])]
    orders[workspace.rows("SELECT count(DISTINCT run_id) FROM book.watermark")[0][0]] += 1
    why = broken(workspace)
    wrong += [f"round {number}: exits {exits}, {why}"] if exits != [5, 5] or why else []
    workspace.remove()
check(f"two prepaid nights at once, {orders[3]} times the earlier one first and {orders[2]} times the later: every day is debited once and the wallets add up",
      not wrong, "\n".join(wrong[:3]))
done()

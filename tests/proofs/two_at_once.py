"""Two runs started together, 50 times: one posts, the other is told of the lock or finds nothing due (P28)."""
import os

from proof import Workspace, check, differing, done

ROUNDS = int(os.environ.get("BW_ROUNDS", "50"))
COMMAND = ("run", "monthly", "--as-of", "2026-02-01")

alone = Workspace()
alone.must(*COMMAND)
gold = alone.content()
wrong, locked, nothing = [], 0, 0
for number in range(ROUNDS):
    workspace = Workspace()
    pair = [workspace.start(*COMMAND) for _ in range(2)]
    said = [process.communicate() for process in pair]
    exits = sorted(process.returncode for process in pair)
    locked += exits == [5, 7]
    nothing += exits == [5, 5]
    named = all("BW-L101" in said[at][1] for at, process in enumerate(pair) if process.returncode == 7)
    if exits not in ([5, 7], [5, 5]) or not named or workspace.content() != gold:
        wrong.append(f"round {number}: exits {exits}, {differing(workspace.content(), gold)}: {said}"[:600])
check(f"{ROUNDS} rounds: exits 5 and 7, or 5 twice ({locked} met the lock, {nothing} found nothing due)",
      locked + nothing == ROUNDS, wrong[:1])
check(f"{ROUNDS} rounds: the book of a run that was alone", not wrong, "\n".join(wrong[:3]))

waiting = Workspace()
pair = [waiting.start(*COMMAND, "--wait") for _ in range(4)]
exits = [process.wait() for process in pair if process.communicate()]
check("four that wait: all end as the first did", exits == [5] * 4, exits)
check("four that wait: the book of a run that was alone", waiting.content() == gold, differing(waiting.content(), gold))
done()

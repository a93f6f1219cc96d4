#!/usr/bin/env python3
"""names_states: every history of runs that take numbered files, in a model of the protocol: each lands once, in order, or waits.

    tests/model/names_states.py [--bin IGNORED] [--long]

A run looks at what has landed, passes its file if it is the next, saves a pending batch, and lands it under the zone's lock (mark,
line, seen); an empty file has no line, and its batch is seen in one transaction without the lock. A batch holds the number and the
highest number of the sequence. Between any two steps another run may go on, a run may be killed and start again, and the batches of the dead
may be swept. All states that can be reached are visited. Held against each: a number has one line at most; what is seen is in order
and without a gap, unless gaps are to be taken; the last batch knows the highest number. From each state, if nobody is killed any more, all
files come ashore.

Then each rule is left out, and the search must find what goes wrong without it.
"""
import argparse
import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tap import Tap, must  # noqa: E402

# A run's place in its course.
START, PASSED, SAVED, LOCKED, MARKED, WRITTEN, DONE = range(7)

Run = collections.namedtuple("Run", "file at batch snapshot")  # file: (number, empty)
Batch = collections.namedtuple("Batch", "id number highest owner state snapshot order")  # owner: its run; order: among the seen
State = collections.namedtuple("State", "runs batches lines lock clock kills next")

PENDING, COMMITTING, SEEN = "pending", "committing", "seen"


def seen(state, snapshot):
    return [b for b in state.batches if b.state == SEEN and b.order <= snapshot]


def put(state, batch):
    return state._replace(batches=tuple(sorted([b for b in state.batches if b.id != batch.id] + [batch])))


def drop(state, batch_id):
    return state._replace(batches=tuple(b for b in state.batches if b.id != batch_id))


def own(state, run):
    return next((b for b in state.batches if b.id == run.batch), None)


def refused(state, batch, rules):
    """A4.5: whether the batch must not land now. All batches of a sequence hold its highest number, so any two meet."""
    if batch is None or batch.state != PENDING:
        return True
    for other in state.batches:
        meets = other.id != batch.id and ("highest" in rules or other.number == batch.number)
        if meets and other.state == SEEN and other.order > batch.snapshot and "later" in rules:
            return True
        if meets and other.state == COMMITTING and "committing" in rules:
            return True
    return False


def settle(state, rules):
    """A5, under the lock: what is in doubt has landed if its line is there."""
    for b in [b for b in state.batches if b.state == COMMITTING]:
        if (b.number, b.id) in state.lines:
            state = put(state._replace(clock=state.clock + 1), b._replace(state=SEEN, order=state.clock + 1))
        elif "settle" in rules:
            state = drop(state, b.id)
    return state


def with_run(state, which, **change):
    runs = list(state.runs)
    runs[which] = runs[which]._replace(**change)
    return state._replace(runs=tuple(runs))


def step(state, at, rules):
    """What the run does next; None: it waits for the lock."""
    run = state.runs[at]
    number, empty = run.file
    batch = own(state, run)
    if run.at == START:
        known = {b.number for b in seen(state, state.clock)}
        if number in known:
            return with_run(state, at, at=DONE, batch=0)
        if number != max(known, default=0) + 1 and "take all" not in rules:
            return state  # not its turn: it is run again later
        return with_run(state, at, at=PASSED, snapshot=state.clock)
    if run.at == PASSED:
        highest = max([number, *(b.number for b in seen(state, run.snapshot))])
        new = Batch(state.next, number, highest, at, PENDING, run.snapshot, 0)
        return with_run(put(state._replace(next=state.next + 1), new), at, at=SAVED, batch=new.id)
    if run.at == SAVED and empty:
        if "judge empty" in rules and refused(state, batch, rules) or batch is None:
            return with_run(drop(state, run.batch) if batch and batch.state == PENDING else state, at, at=START, batch=0)
        state = put(state._replace(clock=state.clock + 1), batch._replace(state=SEEN, order=state.clock + 1))
        return with_run(state, at, at=DONE, batch=0)
    if run.at == SAVED:
        if state.lock is not None:
            return None
        return with_run(settle(state._replace(lock=at), rules), at, at=LOCKED)
    if run.at == LOCKED:
        if refused(state, batch, rules):
            if batch and batch.state == PENDING:
                state = drop(state, batch.id)
            return with_run(state._replace(lock=None), at, at=START, batch=0)
        return with_run(put(state, batch._replace(state=COMMITTING)), at, at=MARKED)
    if run.at == MARKED:
        return with_run(state._replace(lines=(*state.lines, (number, run.batch))), at, at=WRITTEN)
    if run.at == WRITTEN:
        state = put(state._replace(clock=state.clock + 1, lock=None), batch._replace(state=SEEN, order=state.clock + 1))
        return with_run(state, at, at=DONE, batch=0)
    return state


def kill(state, at):
    lock = None if state.lock == at else state.lock
    return with_run(state._replace(lock=lock, kills=state.kills - 1), at, at=START, batch=0)


def sweep(state, batch):
    """A pending batch whose run is no longer at it."""
    return drop(state, batch.id) if batch.state == PENDING and state.runs[batch.owner].batch != batch.id else state


def neighbours(state, rules):
    for at, run in enumerate(state.runs):
        if run.at != DONE:
            after = step(state, at, rules)
            if after is not None and after != state:
                yield after
            if state.kills and run.at != START:
                yield kill(state, at)
    for batch in state.batches:
        after = sweep(state, batch)
        if after != state:
            yield after
    # A question settles, too, when nobody holds the lock.
    if state.lock is None:
        after = settle(state, rules)
        if after != state:
            yield after


def wrong(state, rules):
    """What must never be; None: nothing is."""
    numbers = [number for number, _ in state.lines]
    if len(numbers) != len(set(numbers)):
        return f"numbers {numbers} have landed"
    in_turn = sorted((b for b in state.batches if b.state == SEEN), key=lambda b: b.order)
    order = [b.number for b in in_turn]
    if len(order) != len(set(order)):
        return f"{order} have been taken"
    if order and in_turn[-1].highest != max(order):
        return f"{order} have been taken, and {in_turn[-1].highest} is thought to be the highest"
    if "take all" in rules:
        return None
    if numbers != sorted(numbers) or order != list(range(1, len(order) + 1)):
        return f"they were taken in the order {order}, and have landed in the order {numbers}"
    return None


def finish(state, rules, wanted):
    """Nobody is killed any more: the runs go on, each as far as it can, until nothing changes."""
    for _ in range(40):
        before = state
        for at, run in enumerate(state.runs):
            if run.at != DONE:
                after = step(state, at, rules)
                state = state if after is None else after
        if state.lock is None:
            state = settle(state, rules)
        if state == before:
            break
    got = sorted(b.number for b in state.batches if b.state == SEEN)
    return None if got == wanted else f"in the end only {got} have come"


def plain(state):
    """By another numbering of batches it is the same state."""
    names = {b.id: i for i, b in enumerate(sorted(state.batches, key=lambda b: (b.state, b.order, b.number, b.owner, b.snapshot, b.id)), 1)}
    return state._replace(batches=tuple(sorted(b._replace(id=names[b.id]) for b in state.batches)), next=len(names) + 1,
                          runs=tuple(run._replace(batch=names.get(run.batch, 0)) for run in state.runs), lines=tuple((number, names.get(batch, 0)) for number, batch in state.lines))


def explore(files, kills, rules, most=400_000):
    """(states, what is wrong or None)"""
    start = State(tuple(Run(file, START, 0, 0) for file in files), (), (), None, 0, kills, 1)
    wanted = sorted({number for number, _ in files})
    known, queue = {start}, collections.deque([start])
    while queue:
        state = queue.popleft()
        found = wrong(state, rules) or finish(state, rules, wanted)
        if found:
            return len(known), found
        for after in map(plain, neighbours(state, rules)):
            if after not in known:
                known.add(after)
                queue.append(after)
        must(len(known) < most, "more states than were thought of")
    return len(known), None


RULES = frozenset(("later", "committing", "highest", "settle", "judge empty"))
CASES = [
    ("three runs of one file", [(1, False), (1, False), (1, False)], 1),
    ("one file twice, and the next", [(1, False), (1, False), (2, False)], 1),
    ("an empty file twice, and the next", [(1, True), (1, True), (2, False)], 1),
    ("a file, and an empty one twice", [(1, False), (2, True), (2, True)], 2),
    ("three in a row, the middle one empty", [(1, False), (2, True), (3, False)], 2),
    ("of one number an empty file and another", [(1, True), (1, False), (2, False)], 1),
    ("gaps are taken (--on-gap warn)", [(1, False), (2, False), (3, True)], 1),
]
TAKE_ALL = frozenset(("take all",))


def rules_of(about):
    return RULES | TAKE_ALL if "taken" in about else RULES


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin")
    parser.add_argument("--long", action="store_true", help="one kill more in each history")
    options = parser.parse_args()
    tap = Tap()
    for about, files, kills in CASES:
        with tap.case(f"{about}: all histories"):
            states, found = explore(files, kills + options.long, rules_of(about))
            must(not found, found)
            print(f"# {states} states")
    for rule in sorted(RULES):
        with tap.case(f"without the rule '{rule}' something goes wrong"):
            found = None
            for about, files, kills in CASES:
                _, found = explore(files, kills, rules_of(about) - {rule})
                if found:
                    break
            must(found, "the search does not find it")
            print(f"# {about}: {found}")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())

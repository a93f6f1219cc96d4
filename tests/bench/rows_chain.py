"""rows_chain: the stages behind one another, through pipes: against others' chain, and against what the stages cost alone."""
import os
import shlex
import subprocess

from measuring import NotHere, Run, at_least, at_most, megabytes, row
from peers import PEERS
from rows_csv2json import values_of
from rows_landing import fresh_zone, landing


def stages(b):
    """csv2json, validate and dedupe, as a user joins them."""
    contract = b.file("customers.json", b.contract())
    return [[b.tool("csv2json"), "--contract", contract],
            [b.tool("validate"), "--contract", contract],
            [b.tool("dedupe"), "--key", "/id", "--on-conflict", "drop"]]


def line(*commands):
    return ["sh", "-c", " | ".join(map(shlex.join, commands))]


def passed_on(b, commands, file):
    """What each of the stages reads, in files that are made anew: it depends on the programs."""
    for number, command in enumerate(commands):
        yield file
        out = b.scratch / f"stage-{number}"
        with open(file, "rb") as given, open(out, "wb") as made:
            subprocess.run(command, stdin=given, stdout=made, check=True, env=b.env)
        file = str(out)


@row("chain", at_least("wall of mlr | ajv | mlr / ours", 30, 60), at_least("the same of CPU"))
def chain(b):
    """A fifth of the rows: the peers take their time."""
    file, ours = b.input("customers-csv", b.rows // 5), stages(b)
    runs = {"ours": Run(line(*ours), stdin=file, answer=values_of)}
    try:
        mlr = PEERS["mlr"].command()
        runs["theirs"] = Run(line([*mlr, "-S", "--icsv", "--ojsonl", "cat"], [*PEERS["ajv"].command(), ours[0][-1]],
                                  [*mlr, "-S", "--ijsonl", "--ojsonl", "head", "-n", "1", "-g", "id"]), stdin=file, answer=values_of)
    except NotHere as lack:
        b.leave_out("mlr | ajv | mlr", str(lack))
    race = b.race(**runs)
    return [race.ratio("theirs", "ours", "wall"), race.ratio("theirs", "ours")], f"{race.rate('ours', megabytes(file))} MB/s of CPU"


@row("chain, its pipes", at_most("CPU of the chain / the sum of its stages run alone to /dev/null", 1.4, 1.2),
     at_most("the same with landing-write behind them, which lands"))
def pipes(b):
    """The shell is in it. What lands is another input than csv2json's, so its sum has landing-write alone over dedupe's output."""
    file, ours = b.input("customers-csv"), stages(b)
    given = list(passed_on(b, [*ours, ["cat"]], file))
    alone = {os.path.basename(command[0]): Run(command, stdin=stdin, answer=None) for command, stdin in zip(ours, given)}
    race = b.race(chain=Run(line(*ours), stdin=file, answer=None), **alone,
                  landed=Run(line(*ours, landing(b)), stdin=file, before=lambda: fresh_zone(b), answer=None),
                  landing=Run(landing(b), stdin=given[-1], before=lambda: fresh_zone(b), answer=None))
    three = sum(race.best(name) for name in alone)
    return ([race.best("chain") / three, race.best("landed") / (three + race.best("landing"))],
            f"{race.rate('chain', megabytes(file))} MB/s of CPU, {megabytes(file) / min(race['chain'].wall):.0f} of wall")

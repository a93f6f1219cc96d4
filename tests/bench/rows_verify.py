"""rows_verify: landing-verify against the digest that it cannot do without, and over zones of many small landings."""
import datetime
import hashlib
import json
import shutil
import subprocess
import sys

from measuring import ROOT, Run, at_most, digest_of, megabytes, row
from rows_landing import fresh_zone, landing

sys.path.insert(0, str(ROOT / "tests"))
from zones import ZEROS, compact, landing_line, sha256  # noqa: E402


def data_of(zone):
    lines = (zone / "manifest.jsonl").read_text().splitlines()
    return zone / json.loads(lines[-1])["path"]


@row("landing-verify", at_most("ours / openssl dgst -sha256 over the same bytes", 1.2, 1.05))
def landing_verify(b):
    file = b.input("customers-csv")
    fresh_zone(b)
    with open(file, "rb") as stdin:
        subprocess.run(landing(b), stdin=stdin, stdout=subprocess.DEVNULL, check=True, env=b.env)
    data = data_of(b.scratch / "zone")
    nothing = hashlib.sha256().hexdigest()
    race = b.race(ours=Run([b.tool("landing-verify"), "--zone", str(b.scratch / "zone")], expect=nothing),
                  openssl=Run(["openssl", "dgst", "-sha256", str(data)], answer=lambda out: out.read_text().split()[-1],
                              expect=digest_of(data), limit=True))
    size = megabytes(data)
    return [race.ratio("ours", "openssl")], f"{race.rate('ours', size)} MB/s, openssl {race.rate('openssl', size)}"


def many(path, landings):
    """A zone of so many small landings, a thousand a day, as landing-write makes them but for the syncs."""
    if (path / "done").exists():
        return
    shutil.rmtree(path, ignore_errors=True)
    (path / "zone/.tidegate").mkdir(parents=True)
    (path / "zone/.tidegate/zone").write_text('{"v":1,"zone":"%s"}\n' % ("0" * 32))
    prev = ZEROS
    with open(path / "zone/manifest.jsonl", "wb") as manifest:
        for number in range(landings):
            line, data = landing_line(prev, number), b"%d" % number
            line["date"] = str(datetime.date(2023, 1, 1) + datetime.timedelta(number // 1000))
            folder = path / f"zone/source=acme/entity=customers/date={line['date']}"
            if number % 1000 == 0:
                folder.mkdir(parents=True)
            line["path"] = str(folder.relative_to(path / "zone") / f"{line['sha256'][:16]}-x")
            sidecar = compact({"v": 1, "source": "acme", "entity": "customers", "date": line["date"], "received_at": line["time"],
                               "checksum": "sha256:" + line["sha256"], "run": line["run"], "landing": line["landing"]})
            line["sidecar_sha256"] = sha256(sidecar)
            (path / "zone" / line["path"]).write_bytes(data)
            (path / "zone" / (line["path"] + ".meta.json")).write_bytes(sidecar)
            text = compact(line)
            prev = sha256(text)
            manifest.write(text + b"\n")
    (path / "done").touch()


@row("landing-verify, many", at_most("CPU microseconds a landing, data and sidecar read", None, None),
     at_most("the same with --resume", None, None), at_most("CPU milliseconds of --head, a thousand landings", None, None),
     at_most("peak memory, beyond 24 bytes a landing", 16, 12, "MB"))
def landing_verify_many(b):
    """A million landings with --full, else 20,000."""
    landings = 1_000_000 if b.keys == 100_000_000 else 20_000
    path = b.data / f"landings-{landings}"
    many(path, landings)
    mark = b.scratch / "mark"
    ours = [b.tool("landing-verify"), "--zone", str(path / "zone")]
    subprocess.run([*ours, "--resume", mark], check=True, env=b.env)
    race = b.race(all=Run(ours, answer=None), resumed=Run([*ours, "--resume", str(mark)], answer=None), head=Run([*ours, "--head"], answer=None))
    memory = max(race["all"].rss, race["resumed"].rss) - landings * 24 / 1e6
    return [race.best("all") / landings * 1e6, race.best("resumed") / landings * 1e6, race.best("head") / landings * 1e6, memory], f"{landings} landings"

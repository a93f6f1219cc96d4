"""rows_names: name-check over a folder of files, against the programs that give the same two digests."""
import json
import os
import pathlib
import shutil
import zlib

from measuring import Run, at_least, at_most, digest_of, row

FILES = 8

# What a script would do: the digest by coreutils, the CRC by zlib's own function.
BY_HAND = """sha256sum "$@" | cut -c -64
exec python3 -c '
import sys, zlib
for path in sys.argv[1:]:
    crc = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 18):
            crc = zlib.crc32(block, crc)
    print("%08x" % crc)' "$@"
"""


def folder(b):
    """Files named by contract, each a copy of the generated one with a first line of its own."""
    where = b.scratch / "in"
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir()
    data = pathlib.Path(b.input("customers-csv", b.rows // FILES)).read_bytes()
    for number in range(1, FILES + 1):
        content = b"%d\n" % number + data
        path = where / f"acme_orders_2025-11-05_seq-{number:05}_crc32-{zlib.crc32(content):08X}.csv"
        path.write_bytes(content)
    return where, sorted(map(str, where.iterdir()))


@row("name-check", at_least("sha256sum and zlib's CRC by python3 / ours", 1, 2), at_most("ours / openssl dgst -sha256", 3, 2))
def name_check(b):
    where, files = folder(b)
    contract = b.file("names.json", {"x-name": "{source}_{entity}_{date:%Y-%m-%d}_seq-{seq:5}_crc32-{crc32}.csv"})

    def ours(out):
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        return [line["sha256"] for line in lines] + [line["crc32"] for line in lines]

    wanted = [digest_of(path) for path in files] + [path[-12:-4].lower() for path in files]
    race = b.race(ours=Run([b.tool("name-check"), "-c", contract, str(where)], answer=ours, expect=wanted),
                  by_hand=Run(["sh", "-c", BY_HAND, "sh", *files], answer=lambda out: out.read_text().split(), expect=wanted),
                  openssl=Run(["openssl", "dgst", "-sha256", "-r", *files], answer=lambda out: [line[:64] for line in out.read_text().splitlines()],
                              expect=wanted[:FILES], limit=True))
    size = sum(os.path.getsize(path) for path in files) / 1e6
    shutil.rmtree(where)
    return [race.ratio("by_hand", "ours"), race.ratio("ours", "openssl")], f"{race.rate('ours', size)} MB/s, by hand {race.rate('by_hand', size)}"

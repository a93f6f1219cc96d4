"""rows_archive: archive-open against the programs that take the same out of the same archive.

One CSV as scripts/gen makes it, compressed by gzip -6 or the like. Ours reads all of the archive and the entry, with a SHA-256 of what
comes out, before a byte is out, so what it holds goes through a file without a name; with --stream it goes straight through. The
others let out what they have not checked yet. Into /dev/null, which costs them nothing, and us a copy inside the kernel.
"""
import subprocess

from measuring import Run, at_most, cached, megabytes, row


def than(held, streamed):
    """Figures of a row: the most that ours may take of what theirs takes."""
    return at_most("ours / theirs, CPU", held + 0.3, held), at_most("ours --stream / theirs, CPU", streamed + 0.3, streamed)


MEMORY = at_most("peak memory of ours", 40, 30, "MB")


def packed(b, ending, *words):
    """The generated CSV as data.csv, packed by a command that is run beside it."""
    file, target = b.input("customers-csv", b.rows // 2), b.data / f"archive-{b.rows // 2}.{ending}"
    if not target.exists():
        link = b.scratch / "data.csv"
        link.unlink(missing_ok=True)
        link.symlink_to(file)
        subprocess.run([*(str(target) if word == "TARGET" else word for word in words)], cwd=b.scratch, stdin=subprocess.DEVNULL, check=True)
    return file, cached(target)


def figures(b, archive, file, theirs):
    ours = [b.tool("archive-open"), archive]
    race = b.race(theirs=Run([*theirs, archive]), ours=Run(ours), stream=Run([ours[0], "--stream", archive]))
    size = megabytes(file)
    return ([race.ratio("ours", "theirs"), race.ratio("stream", "theirs"), max(race["ours"].rss, race["stream"].rss)],
            f"{race.rate('ours', size)} MB/s, --stream {race.rate('stream', size)}, theirs {race.rate('theirs', size)}")


@row("archive-open zip", *than(1.0, 0.8), MEMORY)
def of_zip(b):
    file, archive = packed(b, "zip", "zip", "-q", "TARGET", "data.csv")
    return figures(b, archive, file, ["unzip", "-p"])


@row("archive-open zip, libarchive", *than(1.5, 1.3), MEMORY)
def of_zip_by_libarchive(b):
    file, archive = packed(b, "zip", "zip", "-q", "TARGET", "data.csv")
    return figures(b, archive, file, ["bsdtar", "-xOf"])


@row("archive-open gz", *than(1.0, 0.8), MEMORY)
def of_gzip(b):
    file, archive = packed(b, "gz", "sh", "-c", f"gzip -c data.csv >'{b.data}/archive-{b.rows // 2}.gz'")
    return figures(b, archive, file, ["gzip", "-dc"])


@row("archive-open tar.gz", *than(1.5, 1.3), MEMORY)
def of_tar_gzip(b):
    file, archive = packed(b, "tar.gz", "tar", "-chzf", "TARGET", "data.csv")
    return figures(b, archive, file, ["bsdtar", "-xOf"])


@row("archive-open tar.zst", *than(2.2, 1.6), MEMORY)
def of_tar_zstd(b):
    file, archive = packed(b, "tar.zst", "tar", "--zstd", "-chf", "TARGET", "data.csv")
    return figures(b, archive, file, ["bsdtar", "-xOf"])

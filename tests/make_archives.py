"""make_archives: archives written byte by byte, good ones and what an attacker or an accident makes of them.

rows() gives (about, file name, bytes, arguments, expected): expected is what must come out, or a status and the code in the run log.
Nothing here needs more than Python's own library.
"""
import bz2
import gzip
import lzma
import struct
import zlib

ROWS = b"id,name\n1,Ada\n2,Bob\n"
EVIL = b"id,name\n9,Eve\n"
SYMLINK, DEVICE, REGULAR, DIRECTORY = (mode << 16 for mode in (0o120777, 0o060644, 0o100644, 0o040755))


# -- zip ----------------------------------------------------------------------------------------------------------------------

def raw_deflate(data):
    made = zlib.compressobj(9, zlib.DEFLATED, -15)
    return made.compress(data) + made.flush()


class Member:
    """One entry; what stands before it and what the directory says can be set apart: local={...}, central={...}."""

    def __init__(self, name, data=ROWS, method=0, flags=0, attributes=0, made_by=0x0314, local=None, central=None, packed=None, descriptor=None,
                 between=b"", extra=b"", central_extra=b""):
        self.data, self.between, self.descriptor, self.attributes, self.made_by = data, between, descriptor, attributes, made_by
        self.packed = packed if packed is not None else raw_deflate(data) if method == 8 else data
        fields = {"name": name if isinstance(name, bytes) else name.encode(), "flags": flags, "method": method, "crc": zlib.crc32(data),
                  "packed": len(self.packed), "size": len(data)}
        self.local = {**fields, "extra": extra, **(local or {})}
        self.central = {**fields, "extra": central_extra, "disk": 0, **(central or {})}

    def before(self):
        f = self.local
        return struct.pack("<4sHHHIIIIHH", b"PK\3\4", 20, f["flags"], f["method"], 0x5b65a000, f["crc"], f["packed"], f["size"], len(f["name"]),
                           len(f["extra"])) + f["name"] + f["extra"]

    def listed(self, at):
        f = self.central
        return struct.pack("<4sHHHHIIIIHHHHHII", b"PK\1\2", self.made_by, 20, f["flags"], f["method"], 0x5b65a000, f["crc"], f["packed"], f["size"],
                           len(f["name"]), len(f["extra"]), 0, f["disk"], 0, self.attributes, f.get("at", at)) + f["name"] + f["extra"]


def end(entries, size, at, comment=b"", disk=0, here=None):
    return struct.pack("<4sHHHHIIH", b"PK\5\6", disk, disk, entries if here is None else here, entries, size, at, len(comment)) + comment


def end64(entries, size, at, where, disks=1, record=None):
    record = record or struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size, at)
    return record + struct.pack("<4sIQI", b"PK\6\7", 0, where, disks)


def zip_of(*members, comment=b"", before=b"", behind=b"", gap=b"", listed=None, last=None, shift=0):
    """listed: the members that the directory names; last: makes the end records of (entries, size, at, place of the records)."""
    out, places = before, {}
    for m in members:
        places[m] = len(out) - len(before) * (not shift)
        out += m.before() + m.packed + (m.descriptor or b"") + m.between
    out += gap
    at = len(out) - len(before) * (not shift)
    directory = b"".join(m.listed(places.get(m, 0)) for m in (listed if listed is not None else members))
    out += directory
    count = len(listed if listed is not None else members)
    out += last(count, len(directory), at, at + len(directory)) if last else end(count, len(directory), at, comment)
    return out + behind


def descriptor(data, packed, mark=True, wide=False, crc=None, size=None):
    return (b"PK\7\10" if mark else b"") + struct.pack("<IQQ" if wide else "<III", zlib.crc32(data) if crc is None else crc, len(packed),
                                                      len(data) if size is None else size)


def streamed(name, data=ROWS, method=8, **words):
    """As one is written to a pipe: nothing is known before, all stands behind."""
    packed = raw_deflate(data) if method == 8 else data
    words.setdefault("descriptor", descriptor(data, packed))
    return Member(name, data, method, 8, local={"crc": 0, "packed": 0, "size": 0}, packed=packed, **words)


def unicode_path(name, other):
    return struct.pack("<HHBI", 0x7075, 5 + len(other), 1, zlib.crc32(name)) + other


def large(data, packed, local=True):
    fields = struct.pack("<QQ", len(data), len(packed))
    return struct.pack("<HH", 1, len(fields)) + fields


NEVER = 0xffffffff


def zip_rows():
    a, b = Member("a.csv"), Member("b.csv", EVIL)
    good = zip_of(Member("a.csv", method=8))
    pick = ["--entry", "a.csv"]

    yield "stored", zip_of(a), [], ROWS
    yield "deflated", good, [], ROWS
    yield "the one of two that is named", zip_of(a, b), pick, ROWS
    yield "one by a pattern", zip_of(a, b), ["-e", "b*"], EVIL
    yield "in a directory", zip_of(Member("d/", b""), Member("d/a.csv")), [], ROWS
    yield "a comment", zip_of(a, comment=b"made by nobody"), [], ROWS
    yield "a comment of 16361 bytes", zip_of(a, comment=b"c" * 16361), [], ROWS
    yield "a comment of 16362 bytes", zip_of(a, comment=b"c" * 16362), ["--list"], (65, "archive-damaged")
    yield "a comment of 65535 bytes", zip_of(a, comment=b"c" * 65535), ["--list"], (65, "archive-damaged")
    yield "a zip inside, stored", zip_of(Member("in.zip", good)), [], good
    yield "no entry that fits", zip_of(a, b), ["-e", "c.csv"], (65, "archive-entry")
    yield "two that fit", zip_of(a, b), ["-e", "*.csv"], (65, "archive-entry")
    yield "two, and none is named", zip_of(a, b), [], (65, "archive-entry")
    yield "no entries at all", zip_of(), [], (65, "archive-entry")
    yield "no entries at all, listed", zip_of(), ["--list"], b""
    yield "a directory is asked for", zip_of(Member("d/", b""), a), ["-e", "d"], (65, "archive-entry")

    # checksums, sizes, content
    yield "CRC wrong, stored", zip_of(Member("a.csv", local={"crc": 1}, central={"crc": 1})), [], (65, "archive-damaged")
    yield "CRC wrong, deflated", zip_of(Member("a.csv", method=8, local={"crc": 1}, central={"crc": 1})), [], (65, "archive-damaged")
    yield "CRC of another entry wrong", zip_of(a, Member("b.csv", local={"crc": 1}, central={"crc": 1})), pick, ROWS
    yield "the same, strictly", zip_of(a, Member("b.csv", local={"crc": 1}, central={"crc": 1})), ["--strict", *pick], (65, "archive-damaged")
    for name, more in (("more", 1), ("less", -1)):
        size = {"size": len(ROWS) + more}
        yield f"says that it holds {name}", zip_of(Member("a.csv", method=8, local=size, central=size)), [], (65, "archive-damaged")
        yield f"says that it holds {name}, stored", zip_of(Member("a.csv", local=size, central=size)), [], (65, "archive-damaged")
    yield "deflate goes on behind its end", zip_of(Member("a.csv", method=8, packed=raw_deflate(ROWS) + b"hidden")), [], (65, "archive-damaged")
    yield "deflate has no end", zip_of(Member("a.csv", method=8, packed=raw_deflate(ROWS)[:-3])), [], (65, "archive-damaged")
    yield "no deflate", zip_of(Member("a.csv", method=8, packed=b"\xff" * 20)), [], (65, "archive-damaged")

    # two places that say different things
    for field, value in (("name", b"z.csv"), ("flags", 2), ("method", 8), ("crc", 1), ("packed", 5), ("size", 5)):
        yield f"the local header has another {field}", zip_of(Member("a.csv", local={field: value})), [], (65, "archive-headers")
    yield "the local name is longer", zip_of(Member("a.csv", local={"name": b"a.csv.exe"})), [], (65, "archive-headers")
    yield "the local name is shorter", zip_of(Member("a.csv", local={"name": b"a.cs"})), [], (65, "archive-headers")
    yield "one is a directory, locally", zip_of(Member("d", b"", local={"name": b"d/"})), ["--list"], (65, "archive-headers")
    yield "a second name in the directory", zip_of(Member("a.csv", central_extra=unicode_path(b"a.csv", b"b.csv"))), [], (65, "archive-headers")
    yield "a second name before the entry", zip_of(Member("a.csv", extra=unicode_path(b"a.csv", b"b.csv"))), [], (65, "archive-headers")
    yield "a second name that is the same", zip_of(Member("a.csv", extra=unicode_path(b"a.csv", b"a.csv"), central_extra=unicode_path(b"a.csv", b"a.csv"))), [], ROWS
    yield "an extra field too long", zip_of(Member("a.csv", central_extra=b"\x55\x54\xff\x00xx")), [], (65, "archive-damaged")
    yield "extra fields of padding", zip_of(Member("a.csv", extra=b"\0" * 3)), [], ROWS
    yield "the same for large sizes twice", zip_of(Member("a.csv", central_extra=2 * large(ROWS, ROWS))), [], (65, "archive-damaged")

    # what lies where
    yield "an entry that the directory does not name", zip_of(a, b, listed=[a]), [], (65, "archive-damaged")
    yield "the first is not named", zip_of(b, a, listed=[a]), [], (65, "archive-damaged")
    yield "a gap between entries", zip_of(Member("a.csv", between=b"hidden"), b), pick, (65, "archive-damaged")
    yield "a gap before the directory", zip_of(a, gap=b"hidden"), [], (65, "archive-damaged")
    yield "bytes before it", zip_of(a, before=b"#!/bin/sh\n"), [], (65, "archive-kind")
    yield "a program before it", zip_of(a, before=b"MZ" + b"\0" * 60), [], (65, "archive-kind")
    yield "a zip before it", zip_of(a, before=zip_of(b)), [], (65, "archive-damaged")
    yield "a zip before it, counted in", zip_of(a, before=zip_of(b), shift=1), [], (65, "archive-damaged")
    yield "a byte behind it", zip_of(a, behind=b"\n"), [], (65, "archive-damaged")
    yield "a zip behind it", zip_of(a, behind=zip_of(b)), [], (65, "archive-damaged")
    yield "a comment that is an end record", zip_of(a, comment=end(1, 51, 0)), [], (65, "archive-damaged")
    yield "a comment with the mark of one", zip_of(a, comment=b"xx PK\5\6 xx"), [], (65, "archive-damaged")
    yield "the same place twice", zip_of(a, listed=[a, a]), [], (65, "archive-names")
    twin = Member("b.csv", central={"at": 0})
    yield "the same place under two names", zip_of(a, listed=[a, twin]), pick, (65, "archive-damaged")
    inner = Member("x.csv")
    outer = Member("a.csv", inner.before() + inner.packed)
    yield "an entry inside another", zip_of(outer, listed=[outer, Member("x.csv", central={"at": len(outer.before())})]), pick, (65, "archive-damaged")
    yield "an entry elsewhere", zip_of(Member("a.csv", central={"at": 5})), [], (65, "archive-damaged")
    yield "an entry behind the end", zip_of(Member("a.csv", central={"at": 70000})), [], (65, "archive-damaged")
    yield "no directory", a.before() + a.packed, [], (65, "archive-damaged")
    yield "no end record", zip_of(a, last=lambda *_: b""), [], (65, "archive-damaged")
    for cut in (1, 4, 21, 22, 30, 60):
        yield f"{cut} bytes are missing", zip_of(a, b)[:-cut], pick, (65, "archive-damaged")
    yield "the directory is elsewhere", zip_of(a, last=lambda n, s, at, _: end(n, s, at - 1)), [], (65, "archive-damaged")
    yield "bytes between directory and end", zip_of(a, last=lambda n, s, at, w: b"hidden" + end(n, s, at)), [], (65, "archive-damaged")
    yield "bytes between directory and large end", zip_of(a, last=lambda n, s, at, w: b"hidden" + end64(n, s, at, w + 6) + end(n, s, at)), [], (65, "archive-damaged")
    more = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 50, 45, 45, 0, 0, 1, 1, 51, 56) + b"hidden"
    yield "bytes in the large end", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, w, record=more) + end(n, s, at)), [], (65, "archive-damaged")
    yield "the directory is shorter", zip_of(a, last=lambda n, s, at, _: end(n, s - 1, at)), [], (65, "archive-damaged")
    yield "more entries than there are", zip_of(a, last=lambda n, s, at, _: end(n + 1, s, at)), [], (65, "archive-damaged")
    yield "fewer entries than there are", zip_of(a, b, last=lambda n, s, at, _: end(n - 1, s, at)), pick, (65, "archive-damaged")
    yield "60000 entries in no room", zip_of(a, last=lambda n, s, at, _: end(60000, s, at)), ["--max-entries", "100000"], (65, "archive-damaged")
    yield "two counts of entries", zip_of(a, last=lambda n, s, at, _: end(n, s, at, here=2)), [], (65, "archive-damaged")
    yield "a volume of several", zip_of(a, last=lambda n, s, at, _: end(n, s, at, disk=1)), [], (65, "archive-damaged")
    yield "an entry in another volume", zip_of(Member("a.csv", central={"disk": 1})), [], (65, "archive-damaged")
    yield "the mark of several volumes", b"PK\7\10" + zip_of(a), [], (65, "archive-kind")

    # data descriptors
    packed = raw_deflate(ROWS)
    for mark in (True, False):
        for wide in (True, False):
            words = {"descriptor": descriptor(ROWS, packed, mark, wide)}
            yield f"written to a pipe, {'with' if mark else 'without'} mark, {8 if wide else 4} bytes", zip_of(streamed("a.csv", **words)), [], ROWS
    yield "written to a pipe, stored", zip_of(streamed("a.csv", method=0)), [], ROWS
    yield "two written to a pipe", zip_of(streamed("a.csv"), streamed("b.csv", EVIL)), ["-e", "b.csv"], EVIL
    yield "the descriptor has another CRC", zip_of(streamed("a.csv", descriptor=descriptor(ROWS, packed, crc=1))), [], (65, "archive-headers")
    yield "the descriptor has another size", zip_of(streamed("a.csv", descriptor=descriptor(ROWS, packed, size=1))), [], (65, "archive-headers")
    yield "the descriptor is missing", zip_of(streamed("a.csv", descriptor=b"")), [], (65, "archive-headers")
    yield "the descriptor is too long", zip_of(streamed("a.csv", descriptor=descriptor(ROWS, packed) + b"x")), [], (65, "archive-headers")

    # zip64
    yes = {"packed": NEVER, "size": NEVER}
    yield "large sizes", zip_of(Member("a.csv", local=yes, central=yes, extra=large(ROWS, ROWS), central_extra=large(ROWS, ROWS))), [], ROWS
    yield "large sizes that are not said", zip_of(Member("a.csv", central=yes)), [], (65, "archive-damaged")
    yield "large sizes that are not said before it", zip_of(Member("a.csv", local=yes)), [], (65, "archive-headers")
    yield "large sizes that differ", zip_of(Member("a.csv", local=yes, extra=large(EVIL, EVIL))), [], (65, "archive-headers")
    yield "a size of 2^63", zip_of(Member("a.csv", central={"size": NEVER}, central_extra=struct.pack("<HHQ", 1, 8, 1 << 63))), [], (65, "archive-limit")
    huge = {"packed": NEVER}
    yield "2^64-1 bytes packed", zip_of(Member("a.csv", local={"packed": NEVER, "size": NEVER}, central=huge, extra=struct.pack("<HHQQ", 1, 16, len(ROWS), (1 << 64) - 1),
                                               central_extra=struct.pack("<HHQ", 1, 8, (1 << 64) - 1))), [], (65, "archive-damaged")
    yield "a large end record", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, w) + end(0xffff, NEVER, NEVER)), [], ROWS
    yield "a large end record that nobody needs", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, w) + end(n, s, at)), [], ROWS
    yield "the end records differ in entries", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, w) + end(n + 1, s, at)), [], (65, "archive-damaged")
    yield "the end records differ in place", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, w) + end(n, s, at + 1)), [], (65, "archive-damaged")
    yield "a large end record that is missing", zip_of(a, last=lambda n, s, at, w: end(0xffff, NEVER, NEVER)), [], (65, "archive-damaged")
    yield "a large end record elsewhere", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, w - 1) + end(n, s, at)), [], (65, "archive-damaged")
    yield "a large end record behind the end", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, 1 << 63) + end(n, s, at)), [], (65, "archive-damaged")
    yield "a large end record in a volume", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, w, disks=2) + end(n, s, at)), [], (65, "archive-damaged")
    overflow = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, (1 << 64) - 1, 60)
    yield "a large directory that overflows", zip_of(a, last=lambda n, s, at, w: end64(n, s, at, w, record=overflow) + end(1, NEVER, NEVER)), [], (65, "archive-damaged")
    yield "10^15 entries", zip_of(a, last=lambda n, s, at, w: end64(10 ** 15, s, at, w) + end(0xffff, NEVER, NEVER)), ["--max-entries", "10000000000000000"], (65, "archive-damaged")

    # kinds of entries
    yield "a symbolic link", zip_of(Member("a.csv", b"/etc/passwd", attributes=SYMLINK)), [], (77, "archive-type")
    yield "a symbolic link beside it", zip_of(a, Member("l", b"/etc/passwd", attributes=SYMLINK)), pick, (77, "archive-type")
    yield "a symbolic link, made by DOS", zip_of(Member("a.csv", b"/etc/passwd", attributes=SYMLINK, made_by=20)), [], (77, "archive-type")
    yield "a device", zip_of(Member("a.csv", b"", attributes=DEVICE)), [], (77, "archive-type")
    yield "a FIFO", zip_of(Member("a.csv", b"", attributes=0o010644 << 16)), [], (77, "archive-type")
    yield "what was read from a pipe", zip_of(Member("-", attributes=0o010600 << 16)), [], ROWS
    yield "a socket", zip_of(Member("a.csv", b"", attributes=0o140644 << 16)), [], (77, "archive-type")
    yield "a volume's label", zip_of(Member("a.csv", b"", attributes=8, made_by=20)), [], (77, "archive-type")
    yield "a directory by mode", zip_of(Member("a.csv", b"", attributes=DIRECTORY)), [], (77, "archive-type")
    yield "a directory by DOS's bit", zip_of(Member("a.csv", b"", attributes=16, made_by=20)), [], (77, "archive-type")
    yield "a file by mode, a directory by name", zip_of(Member("a.csv/", b"", attributes=REGULAR)), ["--list"], (77, "archive-type")
    yield "a directory that holds something", zip_of(Member("d/", b"hidden"), a), [], (65, "archive-damaged")

    # names
    for name in ("../evil.csv", "d/../../evil.csv", "..", "/etc/passwd", "..\\evil.csv", "C:\\evil.csv", "C:evil.csv", "d//a.csv", "./a.csv", "d/./a.csv",
                 "a\nb.csv", "a\x1b[31m.csv", "a\x7f.csv", "a\u0085.csv", "\u202evsc.a"):
        yield f"the name {name!r}", zip_of(a, Member(name, EVIL)), pick, (77, "archive-name")
    yield "a name with a NUL", zip_of(a, Member(b"b.csv\0.exe", EVIL)), pick, (77, "archive-name")
    yield "a name of nothing", zip_of(a, Member("", EVIL)), pick, (77, "archive-name")
    yield "a name that is '/'", zip_of(a, Member("/", b"")), pick, (77, "archive-name")
    yield "a name in Latin 1", zip_of(a, Member(b"M\xfcller.csv", EVIL)), pick, (65, "archive-name")
    yield "a name in CP437", zip_of(a, Member(b"M\x81ller.csv", EVIL)), pick, (65, "archive-name")
    yield "a name in UTF-8, marked", zip_of(Member("Müller.csv", flags=1 << 11)), [], ROWS
    yield "a name in UTF-8, not marked", zip_of(Member("Müller.csv")), ["-e", "M?ller.csv"], ROWS
    yield "a name of 1024 bytes", zip_of(Member("/".join(["x" * 254] * 4) + "/ab")), [], ROWS
    yield "a name of 1030 bytes", zip_of(a, Member("/".join(["x" * 250] * 4) + "/" + "y" * 26, EVIL)), pick, (65, "archive-name")
    yield "a name of 65535 bytes", zip_of(a, Member("x" * 65535, EVIL)), pick, (65, "archive-name")
    yield "a component of 256 bytes", zip_of(a, Member("x" * 256, EVIL)), pick, (65, "archive-name")
    yield "16 components", zip_of(Member("/".join("abcdefghijklmnop"))), [], ROWS
    yield "17 components", zip_of(a, Member("/".join("abcdefghijklmnopq"), EVIL)), pick, (65, "archive-name")
    yield "a name twice", zip_of(a, Member("a.csv", EVIL)), pick, (65, "archive-names")
    yield "a name twice but for case", zip_of(a, Member("A.CSV", EVIL)), pick, (65, "archive-names")
    yield "a name twice but for NFC", zip_of(a, Member("é.csv"), Member("e\u0301.csv", EVIL)), pick, (65, "archive-names")
    yield "a name twice but for both", zip_of(a, Member("É.csv"), Member("e\u0301.csv", EVIL)), pick, (65, "archive-names")
    yield "a file in a file", zip_of(a, Member("a.csv/b.csv", EVIL)), pick, (65, "archive-names")
    yield "a file and a directory", zip_of(a, Member("a.csv/", b"")), pick, (65, "archive-names")

    # methods and encryption
    for method in (1, 6, 9, 14, 95, 98, 0xffff):
        yield f"method {method}", zip_of(Member("a.csv", method=method)), [], (65, "archive-method")
    yield "method 9 beside it", zip_of(a, Member("b.csv", method=9)), pick, ROWS
    yield "bzip2 inside", zip_of(Member("a.csv", method=12, packed=bz2.compress(ROWS))), [], (65, "archive-method")
    yield "bzip2 inside, allowed", zip_of(Member("a.csv", method=12, packed=bz2.compress(ROWS))), ["--allow-method", "bzip2"], ROWS
    yield "no bzip2 inside, allowed", zip_of(Member("a.csv", method=12, packed=b"BZh9" + b"x" * 40)), ["--allow-method", "bzip2"], (65, "archive-damaged")
    yield "zstd inside", zip_of(Member("a.csv", method=93, packed=zstd_frame(ROWS))), [], (65, "archive-method")
    yield "zstd inside, allowed", zip_of(Member("a.csv", method=93, packed=zstd_frame(ROWS))), ["--allow-method", "zstd"], ROWS
    yield "zstd inside with a window of 1 GiB", zip_of(Member("a.csv", method=93, packed=zstd_frame(ROWS, 30))), ["--allow-method", "zstd"], (65, "archive-damaged")
    yield "encrypted, no passphrase", zip_of(Member("a.csv", flags=1)), [], (77, "archive-encrypted")
    yield "encrypted beside it", zip_of(a, Member("b.csv", flags=1)), pick, ROWS
    yield "encrypted by PKWARE's", zip_of(Member("a.csv", flags=0x41)), [], (77, "archive-encrypted")
    yield "a directory that is encrypted", zip_of(Member("a.csv", flags=0x2001)), [], (77, "archive-encrypted")
    yield "a patch", zip_of(Member("a.csv", flags=0x20)), [], (65, "archive-damaged")
    aes = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 0)
    yield "AES that is not said to be encrypted", zip_of(Member("a.csv", method=99, extra=aes, central_extra=aes)), [], (65, "archive-damaged")
    yield "AES whose method is not said", zip_of(Member("a.csv", method=99, flags=1)), [], (65, "archive-damaged")

    # limits
    yield "three entries, two allowed", zip_of(a, b, Member("c.csv")), ["--max-entries", "2", *pick], (65, "archive-limit")
    yield "an entry too large", zip_of(a), ["--max-entry", "10"], (65, "archive-limit")
    yield "all too large", zip_of(a, b), ["--max-total", "30", *pick], (65, "archive-limit")
    zeros = bytes(70_000_000)
    bomb = Member("b.csv", zeros, 8)
    yield "70 MB of zeros beside it", zip_of(a, bomb), pick, (65, "archive-limit")
    yield "the same, allowed", zip_of(a, bomb), ["--max-ratio", "2000", *pick], ROWS
    says = {"size": 100}
    yield "70 MB of zeros that say 100 bytes", zip_of(Member("a.csv", zeros, 8, packed=bomb.packed, local=says, central=says)), [], (65, "archive-damaged")


# -- tar ----------------------------------------------------------------------------------------------------------------------

def header(name, size=0, kind=b"0", magic=b"ustar\x0000", prefix=b"", link=b"", sized=None, sum_=None, owner=b"0000000\0", more=()):
    name = name if isinstance(name, bytes) else name.encode()
    block = bytearray(512)
    for at, value in ((0, name), (100, b"0000644\0"), (108, owner), (116, b"0000000\0"), (124, sized or b"%011o\0" % size), (136, b"15102636100\0"),
                      (148, b" " * 8), (156, kind), (157, link), (257, magic), (345, prefix), *more):
        block[at:at + len(value)] = value
    block[148:156] = sum_ or b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data, with_=b"\0"):
    return data + with_ * (-len(data) % 512)


def entry(name, data=ROWS, **words):
    words.setdefault("size", len(data))
    return header(name, **words) + padded(data)


def pax(*records, kind=b"x"):
    text = b""
    for key, value in records:
        line = b" " + key + b"=" + value + b"\n"
        length = len(line) + 1
        while len(b"%d" % length) + len(line) != length:
            length = len(b"%d" % length) + len(line)
        text += b"%d" % length + line
    return entry("PaxHeader", text, kind=kind)


ENDED = bytes(1024)
GNU = b"ustar  \0"


def tar_rows():
    a, b = entry("a.csv"), entry("b.csv", EVIL)
    pick = ["-e", "a.csv"]

    yield "ustar", a + ENDED, [], ROWS
    yield "as old as V7", entry("a.csv", magic=b"", kind=b"\0") + ENDED, [], ROWS
    yield "GNU's", entry("a.csv", magic=GNU) + ENDED, [], ROWS
    yield "zeros behind it", a + ENDED + bytes(9000), [], ROWS
    yield "an empty one", ENDED, ["--list"], b""
    yield "an empty one of 10 KiB", bytes(10240), ["--list"], b""
    yield "the one of two", a + b + ENDED, pick, ROWS
    yield "an empty file", entry("a.csv", b"") + ENDED, [], b""
    yield "a file of 512 bytes", entry("a.csv", b"x" * 511 + b"\n") + ENDED, [], b"x" * 511 + b"\n"
    yield "a directory", header("d", kind=b"5") + entry("d/a.csv") + ENDED, [], ROWS
    yield "an old directory", header("d/", kind=b"\0", magic=b"") + entry("d/a.csv") + ENDED, [], ROWS
    yield "points before the names", header("./", kind=b"5") + entry("./a.csv") + ENDED, pick, ROWS
    yield "a prefix", entry("a.csv", prefix=b"d/e") + ENDED, ["-e", "d/e/a.csv"], ROWS
    yield "no prefix in GNU's", entry("a.csv", magic=GNU, prefix=b"hidden") + ENDED, pick, ROWS
    yield "a long name of GNU's", entry("././@LongLink", b"d/" + b"x" * 150 + b"\0", kind=b"L", magic=GNU) + entry("d/xxx") + ENDED, ["-e", "d/x**"], ROWS
    yield "a name by pax", pax((b"path", b"d/" + b"x" * 150)) + entry("d/xxx") + ENDED, ["-e", "d/x**"], ROWS
    yield "a size by pax", pax((b"size", b"%d" % len(ROWS))) + entry("a.csv", size=0) + ENDED, [], ROWS
    yield "a size by GNU's way", entry("a.csv", sized=b"\x80" + struct.pack(">11x")[:3] + struct.pack(">Q", len(ROWS))) + ENDED, [], ROWS
    yield "other things by pax", pax((b"mtime", b"1762300800.5"), (b"SCHILY.xattr.user.x", b"y"), (b"comment", "\u00e9".encode())) + a + ENDED, [], ROWS
    yield "a comment for all", pax((b"comment", b"0123456789abcdef"), kind=b"g") + a + ENDED, [], ROWS

    # the end
    yield "no end", a, [], (65, "archive-cut")
    yield "cut between two entries", a + b[:0], pick, (65, "archive-cut")
    yield "half of the end", a + bytes(512), [], (65, "archive-cut")
    yield "cut in the content", a[:520], [], (65, "archive-cut")
    yield "cut in the padding", a[:600], [], (65, "archive-cut")
    yield "cut in a header", a + b[:200], pick, (65, "archive-cut")
    yield "another tar behind it", a + ENDED + b + ENDED, pick, (65, "archive-damaged")
    yield "text behind it", a + ENDED + b"hidden", [], (65, "archive-damaged")
    yield "a block of zeros between", a + bytes(512) + b + ENDED, pick, (65, "archive-damaged")
    yield "text where zeros belong", header("a.csv", len(ROWS)) + padded(ROWS, b"h") + ENDED, [], (65, "archive-damaged")
    yield "a header for nothing", a + pax((b"path", b"x")) + ENDED, [], (65, "archive-damaged")

    # headers
    yield "the sum is wrong", a + header("b.csv", sum_=b"000001\0 ") + ENDED, pick, (65, "archive-damaged")
    yield "a size that is none", entry("a.csv", sized=b"0000000009x\0") + ENDED, [], (65, "archive-damaged")
    yield "a negative size", entry("a.csv", sized=b"\xff" * 12) + ENDED, [], (65, "archive-damaged")
    yield "a size of 2^72", entry("a.csv", sized=b"\x80\0\1" + bytes(9)) + ENDED, [], (65, "archive-damaged")
    yield "a size of 2^63", entry("a.csv", sized=b"\x80\0\0\0\x80" + bytes(7)) + ENDED, [], (65, "archive-limit")
    yield "a size of 2^64-1 by pax", pax((b"size", b"18446744073709551615")) + a + ENDED, [], (65, "archive-limit")
    yield "a size of 2^64 by pax", pax((b"size", b"18446744073709551616")) + a + ENDED, [], (65, "archive-damaged")
    yield "an owner that is no number", entry("a.csv", owner=b"00x0000\0") + ENDED, [], (65, "archive-damaged")
    yield "an owner in GNU's way", entry("a.csv", owner=b"\x80\0\0\0\0\1\2\3") + ENDED, [], ROWS
    for magic in (b"ustarX00", b"ustar 00", b"ustar \0\0"):
        yield f"a prefix behind {magic}", entry("a.csv", magic=magic, prefix=b"b") + ENDED, [], (65, "archive-damaged")
    yield "a prefix where GNU has none", entry("a.csv", magic=GNU, prefix=b"b") + ENDED, [], ROWS
    yield "a map of a sparse file where there is none", entry("a.csv", magic=GNU, more=[(386, b"1")]) + ENDED, [], (65, "archive-damaged")
    yield "the size of a sparse file where there is none", entry("a.csv", magic=GNU, more=[(483, b"00000001000\0")]) + ENDED, [], (65, "archive-damaged")
    yield "two sizes by pax", pax((b"size", b"20"), (b"size", b"21")) + a + ENDED, [], (65, "archive-damaged")
    yield "two names by pax", pax((b"path", b"a.csv"), (b"path", b"b.csv")) + a + ENDED, [], (65, "archive-damaged")
    yield "two pax headers", pax((b"path", b"a.csv")) + pax((b"path", b"b.csv")) + a + ENDED, [], (65, "archive-damaged")
    yield "a name by pax and by GNU", pax((b"path", b"b.csv")) + entry("././@LongLink", b"c.csv\0", kind=b"L") + a + ENDED, [], (65, "archive-damaged")
    yield "a name for all", pax((b"path", b"b.csv"), kind=b"g") + a + ENDED, [], (65, "archive-damaged")
    yield "a size for all", pax((b"size", b"1"), kind=b"g") + a + ENDED, [], (65, "archive-damaged")
    for about, text in (("no length", b"path=x\n"), ("a length too long", b"99 path=x\n"), ("a length too short", b"3 path=x\n"), ("no end of line", b"9 path=x "),
                        ("no name", b"5 =x\n"), ("no value", b"7 path\n"), ("a length of 0", b"0 path=x\n"), ("a huge length", b"99999999999999999999 path=x\n")):
        yield f"a record with {about}", entry("PaxHeader", text, kind=b"x") + a + ENDED, [], (65, "archive-damaged")
    yield "a pax header of 2 MB", pax((b"comment", b"x" * 2_000_000)) + a + ENDED, [], (65, "archive-limit")
    yield "3000 pax headers for all", pax((b"comment", b"x"), kind=b"g") * 3000 + a + ENDED, [], (65, "archive-limit")
    yield "a name of 900 kB", pax((b"path", b"x" * 900_000)) + a + ENDED, [], (65, "archive-name")

    # kinds of entries
    for kind, about in ((b"1", "a hard link"), (b"2", "a symbolic link"), (b"3", "a character device"), (b"4", "a block device"), (b"6", "a FIFO"), (b"7", "a contiguous file"),
                        (b"S", "a sparse file of GNU's"), (b"M", "a part of several"), (b"V", "a label"), (b"K", "a long link"), (b"D", "a directory's list"), (b"X", "Sun's"),
                        (b"A", "an ACL"), (b"\xff", "255")):
        yield about, a + header("l", kind=kind, link=b"/etc/passwd") + ENDED, pick, (77, "archive-type")
    yield "a sparse file by pax", pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"1073741824")) + a + ENDED, [], (77, "archive-type")
    yield "a sparse file of star's", pax((b"SCHILY.realsize", b"1073741824")) + a + ENDED, [], (77, "archive-type")
    yield "a directory that holds something", header("d", 512, kind=b"5") + b"h" * 512 + a + ENDED, [], (65, "archive-damaged")
    yield "a file called like a directory", entry("d/", EVIL) + a + ENDED, pick, (77, "archive-name")

    # names
    for name in ("../evil.csv", "d/../../evil.csv", "/etc/passwd", ".//etc/passwd", "..\\evil.csv", "C:\\evil", "d//a.csv", "d/./a.csv", "a\nb.csv", "a\x1b[31m.csv", ""):
        yield f"the name {name!r}", a + entry(name, EVIL) + ENDED, pick, (77, "archive-name")
    yield "a way out by pax", pax((b"path", b"../evil.csv")) + entry("x", EVIL) + ENDED, [], (77, "archive-name")
    yield "a way out by a long name", entry("././@LongLink", b"../evil.csv\0", kind=b"L", magic=GNU) + entry("x", EVIL) + ENDED, [], (77, "archive-name")
    yield "a way out by a prefix", entry("evil.csv", EVIL, prefix=b"..") + ENDED, [], (77, "archive-name")
    yield "a NUL by pax", pax((b"path", b"b.csv\0.exe")) + entry("x", EVIL) + ENDED, [], (77, "archive-name")
    yield "a name in Latin 1", a + entry(b"M\xfcller.csv", EVIL) + ENDED, pick, (65, "archive-name")
    yield "a name of 1025 bytes", pax((b"path", b"/".join([b"x" * 204] * 5) + b"y")) + entry("x", EVIL) + ENDED, [], (65, "archive-name")
    yield "17 components", entry("/".join("abcdefghijklmnopq")) + ENDED, [], (65, "archive-name")
    yield "a name twice", a + entry("a.csv", EVIL) + ENDED, pick, (65, "archive-entry")
    yield "another name twice", a + b + b + ENDED, pick, (65, "archive-names")
    yield "a name twice but for case", a + entry("A.csv", EVIL) + ENDED, pick, (65, "archive-names")
    yield "a file in a file", a + entry("a.csv/b", EVIL) + ENDED, pick, (65, "archive-names")

    # limits
    yield "three entries, two allowed", a + b + entry("c") + ENDED, ["--max-entries", "2", *pick], (65, "archive-limit")
    yield "an entry too large", a + ENDED, ["--max-entry", "10"], (65, "archive-limit")
    yield "all too large", a + b + ENDED, ["--max-total", "30", *pick], (65, "archive-limit")


# -- compressed streams -------------------------------------------------------------------------------------------------------

def zstd_frame(data, window=20):
    """A frame of one stored block, with a window of 2^window bytes and no checksum."""
    return b"\x28\xb5\x2f\xfd\x00" + bytes([window - 10 << 3]) + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def xz_with_dictionary(bits):
    """xz whose block asks for a dictionary of 2^bits bytes."""
    made = bytearray(lzma.compress(ROWS, check=lzma.CHECK_CRC32))
    size = (made[12] + 1) * 4
    at = made.index(b"\x21\x01", 12, 12 + size) + 2
    made[at] = (bits - 12) * 2
    made[12 + size - 4:12 + size] = struct.pack("<I", zlib.crc32(made[12:12 + size - 4]))
    return bytes(made)


PACKERS = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lambda data: lzma.compress(data),
}


def stream_rows():
    tar = entry("a.csv") + entry("b.csv", EVIL) + ENDED
    for ending, pack in PACKERS.items():
        one, two = pack(ROWS[:8]), pack(ROWS[8:])
        yield f"{ending}: a file", f"a.csv.{ending}", pack(ROWS), [], ROWS
        yield f"{ending}: an empty file", f"a.csv.{ending}", pack(b""), [], b""
        yield f"{ending}: two members", f"a.csv.{ending}", one + two, [], ROWS
        yield f"{ending}: by its name", f"a.csv.{ending}", pack(ROWS), ["-e", "a.csv"], ROWS
        yield f"{ending}: by another name", f"a.csv.{ending}", pack(ROWS), ["-e", "b.csv"], (65, "archive-entry")
        yield f"{ending}: twice", f"a.csv.{ending}", pack(pack(ROWS)), [], pack(ROWS)
        yield f"{ending}: text behind it", f"a.csv.{ending}", pack(ROWS) + b"hidden", [], (65, "*")
        yield f"{ending}: half a member behind it", f"a.csv.{ending}", one + two[:-5], [], (65, "*")
        yield f"{ending}: cut in the end", f"a.csv.{ending}", pack(ROWS)[:-3], [], (65, "*")
        yield f"{ending}: cut in the middle", f"a.csv.{ending}", pack(ROWS)[:20], [], (65, "*")
        yield f"{ending}: cut behind its mark", f"a.csv.{ending}", pack(ROWS)[:6], [], (65, "*")
        yield f"{ending}: a tar", f"x.tar.{ending}", pack(tar), ["-e", "a.csv"], ROWS
        yield f"{ending}: a tar in two members", f"x.tar.{ending}", pack(tar[:700]) + pack(tar[700:]), ["-e", "b.csv"], EVIL
        yield f"{ending}: a tar in another name", f"x.csv.{ending}", pack(tar), ["-e", "a.csv"], ROWS
        yield f"{ending}: a tar without end", f"x.tar.{ending}", pack(tar[:-1024]), ["-e", "a.csv"], (65, "archive-cut")
        yield f"{ending}: a tar in two, twice", f"x.tar.{ending}", pack(tar) + pack(tar), ["-e", "a.csv"], (65, "archive-damaged")
        yield f"{ending}: called a tar", f"x.tar.{ending}", pack(ROWS), [], (65, "archive-kind")
        yield f"{ending}: 70 MB of zeros", f"a.csv.{ending}", pack(bytes(70_000_000)) if ending != "xz" else lzma.compress(bytes(70_000_000), preset=0), [], (65, "archive-limit")
    yield "tgz: called a tar", "x.tgz", PACKERS["gz"](ROWS), [], (65, "archive-kind")
    whole = PACKERS["gz"](ROWS)
    yield "gz: zeros behind it", "a.csv.gz", whole + bytes(20), [], ROWS
    yield "gz: zeros and a member behind it", "a.csv.gz", whole + bytes(20) + whole, [], (65, "*")
    yield "gz: the CRC is wrong", "a.csv.gz", whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:], [], (65, "*")
    yield "gz: the length is wrong", "a.csv.gz", whole[:-1] + bytes([whole[-1] ^ 1]), [], (65, "*")
    yield "gz: bytes of another kind behind it", "a.csv.gz", whole + PACKERS["bz2"](ROWS), [], (65, "*")
    packed = bz2.compress(ROWS)
    yield "bz2: the checksum is wrong", "a.csv.bz2", packed[:12] + bytes([packed[12] ^ 1]) + packed[13:], [], (65, "archive-damaged")
    packed = lzma.compress(ROWS)
    yield "xz: the check is wrong", "a.csv.xz", packed[:-29] + bytes([packed[-29] ^ 1]) + packed[-28:], [], (65, "*")
    yield "xz: padding behind it", "a.csv.xz", packed + bytes(8), [], ROWS
    yield "xz: a check that nobody knows", "a.csv.xz", packed[:7] + b"\x0d" + struct.pack("<I", zlib.crc32(b"\0\x0d")) + packed[12:], [], (65, "archive-damaged")
    yield "xz: 512 MiB of memory", "a.csv.xz", xz_with_dictionary(29), [], (65, "archive-limit")
    yield "xz: 128 MiB of memory", "a.csv.xz", xz_with_dictionary(27), [], ROWS
    yield "xz: 128 MiB of memory, 100 allowed", "a.csv.xz", xz_with_dictionary(27), ["--max-memory", "100MiB"], (65, "archive-limit")
    yield "zst: a file", "a.csv.zst", zstd_frame(ROWS), [], ROWS
    yield "zst: two frames", "a.csv.zst", zstd_frame(ROWS[:8]) + zstd_frame(ROWS[8:]), [], ROWS
    yield "zst: a frame to be skipped", "a.csv.zst", zstd_frame(ROWS) + b"\x50\x2a\x4d\x18\x04\0\0\0more", [], ROWS
    yield "zst: twice", "a.csv.zst", zstd_frame(zstd_frame(ROWS)), [], zstd_frame(ROWS)
    yield "zst: text behind it", "a.csv.zst", zstd_frame(ROWS) + b"hidden", [], (65, "*")
    yield "zst: cut", "a.csv.zst", zstd_frame(ROWS)[:-3], [], (65, "*")
    yield "zst: a window of 128 MiB", "a.csv.zst", zstd_frame(ROWS, 27), [], ROWS
    yield "zst: a window of 1 GiB", "a.csv.zst", zstd_frame(ROWS, 30), [], (65, "*")
    yield "zst: a tar", "x.tar.zst", zstd_frame(tar), ["-e", "a.csv"], ROWS


def other_rows():
    for about, data in (("7-Zip's", b"7z\xbc\xaf\x27\x1c" + bytes(100)), ("RAR", b"Rar!\x1a\x07\x01\0" + bytes(100)), ("a CSV", ROWS), ("one that libarchive takes for an mtree",
                        b"#mtree\na.csv type=file size=3\n"), ("nothing", b""), ("a byte", b"P"), ("two bytes", b"PK"), ("a line", b"BZ\n"), ("a cabinet", b"MSCF" + bytes(40)),
                        ("cpio", b"070701" + b"0" * 200), ("ar", b"!<arch>\na.csv/           0           0     0     644     3         `\n1,2\n"), ("lz4", b"\x04\x22\x4d\x18" + bytes(30)),
                        (".Z", b"\x1f\x9d\x90" + bytes(30)), ("zeros, less than a tar's end", bytes(1000)), ("a block that looks like a tar's", header("a", sum_=b"000001\0 ") + ENDED)):
        yield f"{about} is no archive", "x", data, [], (65, "archive-kind")


def rows():
    for about, data, arguments, expected in zip_rows():
        yield f"zip: {about}", "x.zip", data, arguments, expected
    for about, data, arguments, expected in tar_rows():
        yield f"tar: {about}", "x.tar", data, arguments, expected
    yield from stream_rows()
    yield from other_rows()

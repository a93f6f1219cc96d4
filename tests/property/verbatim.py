#!/usr/bin/env python3
"""verbatim: what validate passes is its input, byte for byte, however the system cuts the input and the output up."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Scratch, Tap, arguments, balanced, must, pieces, rng  # noqa: E402

SPELLINGS = [
    b'{"a":1,"b":2}', b'{ "b" : 2 , "a" : 1.0 }', b'{"n":12345678901234567890123456789.10}', b'{"n":1E400,"m":-0.0,"k":1e-7}',
    b'{"s":"\\u0041\\/\\ud83d\\ude00","t":"\xf0\x9f\x98\x80\xc3\xa9"}', b'{"":{"":[[],{}]}}', b'[1, 2,\t3]', b'"text"', b"null", b"-0",
    b'{"z":"\\u0000"}', b'{"\\u0000":"\\"\\\\"}', b'   {"lead":1}', b'{"trail":1}   ',
]


def mixed(random, count):
    lines = []
    for _ in range(count):
        draw = random.random()
        if draw < 0.8:
            lines.append(random.choice(SPELLINGS))
        elif draw < 0.9:
            lines.append(b'{"long":"' + b"x" * random.randrange(5000) + b'"}')
        else:
            lines.append(b'{"list":[' + b",".join(b"%d" % random.randrange(10**6) for _ in range(random.randrange(200))) + b"]}")
    return b"".join(line + b"\n" for line in lines)


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        contract = scratch.write("any.json", {})

        def same(data, expected=None, **how):
            result = scratch.run("validate", "--contract", contract, stdin=data, **how)
            must(result.exit == 0, "exit", result.exit, result.err)
            must(result.out == (data if expected is None else expected), "other bytes came out")
            balanced(result)

        data = mixed(rng(options, "verbatim"), 4000)
        with tap.case("whole"):
            same(data)
        for size in (1, 2, 3, 7, 64, 4095, 4096, 65537):
            with tap.case(f"reads of {size}"):
                same(data if size > 3 else data[: data.rindex(b"\n", 0, 60000) + 1], variables=pieces(options.bin, read=size))
        for size in (1, 5, 4096):
            with tap.case(f"writes of {size}"):
                same(data if size > 5 else data[: data.rindex(b"\n", 0, 60000) + 1], variables=pieces(options.bin, write=size))
        with tap.case("cut at every byte into two reads"):
            small = b"".join(line + b"\n" for line in SPELLINGS)
            for cut in range(1, len(small), 1 if options.long else 3):
                same(small, variables=pieces(options.bin, read=f"cut:{cut}"))
        with tap.case("across the ends of blocks"):
            for block in (65536, 262144):
                for shift in range(-3, 4):
                    pad = b'{"pad":"' + b"p" * (block + shift - 13) + b'"}\n'
                    same(pad + data)
        with tap.case("only line ends are made plain: CRLF, a missing last one, blank lines, a byte order mark"):
            same(b'\xef\xbb\xbf{"a":1}\r\n\r\n\n  \n[2]\n3', b'{"a":1}\n[2]\n3\n')
            for size in (1, 2, 3):
                same(b'\xef\xbb\xbf{"a":1}\r\n\r\n\n[2]', b'{"a":1}\n[2]\n', variables=pieces(options.bin, read=size))
        with tap.case("--jobs changes no byte"):
            for jobs in (0, 1, 8):
                result = scratch.run("validate", "--contract", contract, "--jobs", jobs, stdin=data)
                must(result.out == data, "other bytes with", jobs)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())

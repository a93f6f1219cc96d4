"""tap: what the tests written in Python share: TAP on stdout, and exit 1 when something was not as it must be.

    tap = Tap()
    tap.check(f(2) == 4, "two doubled", "got", f(2))
    with tap.case("many things at once"):
        must(a, "a is missing")
    sys.exit(tap.end())
"""
import contextlib
import os
import sys
import traceback


def clean_environment():
    """The caller's, without what tells programs what to do; but with what scripts/test --cpu and --jobs say about how."""
    return {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_") or k in ("TIDEGATE_CPU", "TIDEGATE_JOBS", "TIDEGATE_JOBS_BLOCK")}


class Wrong(Exception):
    """What is otherwise than it must be, in words."""


class NotHere(Exception):
    """What a test needs and this machine lacks."""


def must(condition, *words):
    if not condition:
        raise Wrong(" ".join(map(str, words)))


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def line(self, good, name, remark="", detail=()):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}{' # ' + remark if remark else ''}")
        for text in detail:
            for row in str(text).splitlines():
                print(f"# {row}")
        sys.stdout.flush()

    def check(self, condition, name, *words):
        self.line(bool(condition), name, detail=() if condition or not words else [" ".join(map(str, words))])

    def skip(self, name, why):
        self.line(True, name, f"SKIP {why}")

    @contextlib.contextmanager
    def case(self, name):
        """One line for what happens inside: Wrong says what failed, NotHere why it was skipped."""
        try:
            yield
        except NotHere as lack:
            self.skip(name, lack)
        except Wrong as wrong:
            self.line(False, name, detail=[wrong])
        except Exception:  # a test that breaks is a test that failed
            self.line(False, name, detail=[traceback.format_exc()])
        else:
            self.line(True, name)

    def end(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0

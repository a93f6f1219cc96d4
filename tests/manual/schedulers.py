#!/usr/bin/env python3
"""schedulers: README's code for Airflow and Dagster does with each exit status what tidegate-exit(7) says.

The two are not installed here: small stand-ins have the names and the behaviour that the code relies on.
"""
import pathlib
import re
import subprocess
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, Tap, arguments, must  # noqa: E402

AGAIN = {69, 74, 75, 137, 141, 143}
FINAL = {1, 64, 65, 66, 70, 73, 76, 77, 78}
RECEIPT = b'{"result":"landed","path":"/zone/x","sha256":"00","records":1}\n'


class AirflowException(Exception):
    pass


class AirflowFailException(AirflowException):
    pass


class BashOperator:
    """Fails with any status but 0; its hook keeps the process."""

    def __init__(self, **words):
        self.words = words
        self.subprocess_hook = types.SimpleNamespace(sub_process=None)

    def execute(self, context):
        self.subprocess_hook.sub_process = types.SimpleNamespace(returncode=context["status"])
        if context["status"]:
            raise AirflowException("the command returned a non-zero exit code")
        return "the last line"


class RetryRequested(Exception):
    def __init__(self, max_retries=1, seconds_to_wait=None):
        super().__init__()


class Failure(Exception):
    def __init__(self, description=None, allow_retries=True):
        super().__init__(description)
        self.allow_retries = allow_retries


def module(name, **members):
    made = types.ModuleType(name)
    vars(made).update(members)
    sys.modules[name] = made


def outcome(call):
    try:
        call()
    except Exception as error:
        return error
    return None


def main():
    arguments(__doc__)
    tap = Tap()
    code = {("airflow" if "airflow" in text else "dagster"): text
            for text in re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)}

    with tap.case("Airflow: what time does not mend is not retried"):
        for name in ("airflow", "airflow.providers", "airflow.providers.standard", "airflow.providers.standard.operators"):
            module(name)
        module("airflow.exceptions", AirflowException=AirflowException, AirflowFailException=AirflowFailException)
        module("airflow.providers.standard.operators.bash", BashOperator=BashOperator)
        space = {}
        exec(code["airflow"], space)
        for status in {0} | AGAIN | FINAL:
            error = outcome(lambda: space["land"].execute({"status": status}))
            want = type(None) if status == 0 else AirflowFailException if status in FINAL else AirflowException
            must(type(error) is want, f"status {status}: {error!r}")

    with tap.case("Dagster: the same, and the receipt as metadata"):
        module("dagster", asset=lambda f: f, MaterializeResult=lambda metadata: metadata, RetryRequested=RetryRequested, Failure=Failure)
        space = {}
        exec(code["dagster"], space)
        real = subprocess.run
        try:
            for status in {0, -9} | AGAIN | FINAL:
                subprocess.run = lambda *words, **more: types.SimpleNamespace(returncode=status, stdout=RECEIPT)
                error = outcome(lambda: space["customers"]())
                if status == 0:
                    must(error is None and space["customers"]()["result"] == "landed", repr(error))
                elif status in FINAL:
                    must(isinstance(error, Failure) and not error.allow_retries, f"status {status}: {error!r}")
                else:
                    must(isinstance(error, RetryRequested), f"status {status}: {error!r}")
        finally:
            subprocess.run = real

    with tap.case("tidegate-exit(7) says the same"):
        page = (ROOT / "man" / "tidegate-exit.7").read_text()
        said = [{int(n) for n in re.findall(r"\d+", line)} for line in re.findall(r"^\.Ql Restart\w+ExitStatus=(.*)$", page, re.M)]
        must(said == [{69, 74, 75}, FINAL], said)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())

"""Run a notebook with papermill and show what it prints, nothing else: its sentences and its bars.

    python .make/run_notebook.py nbs/07_train.ipynb data/runs/demo/07_train.ipynb -p run data/runs/demo --again "make demo"

Ctrl-C goes to the notebook, which saves its work; one sentence then says how to continue. A notebook that fails ends in the message of its
error; the traceback is in the executed copy.
"""
import argparse
import os
import signal
import sys
from pathlib import Path

os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of libraries; the project's own words are printed or raised
os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # the kernel's debugger is not used
os.environ.setdefault("TQDM_MININTERVAL", "0.5" if sys.stdout.isatty() else "10")  # seconds between two states of a bar

import papermill
import psutil
from papermill.exceptions import PapermillExecutionError


def typed(text):
    "A parameter as papermill's own command reads it: True, None, 3, 0.5 or a text."
    for kind in ({"True": True, "False": False, "None": None}.__getitem__, int, float):
        try:
            return kind(text)
        except (KeyError, ValueError):
            pass
    return text


class Interruption:
    "The first Ctrl-C interrupts the notebook's kernel and lets it save, the second one ends it."

    def __init__(self):
        self.signal = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.heard)

    def heard(self, number, frame):
        again, self.signal = self.signal, number
        for kernel in psutil.Process().children():
            os.killpg(os.getpgid(kernel.pid), signal.SIGKILL if again else signal.SIGINT)  # kernels lead groups of their own


def run(notebook, executed, parameters, again):
    "The exit status."
    interruption = Interruption()
    Path(executed).parent.mkdir(parents=True, exist_ok=True)
    try:
        papermill.execute_notebook(notebook, executed, parameters, progress_bar=False, stdout_file=sys.stdout, stderr_file=sys.stdout,
                                   extra_arguments=["--IPKernelApp.log_level=40"])  # its warnings are about Jupyter's own connections
    except BaseException as error:
        if interruption.signal:
            print(f"\nInterrupted; the work so far is saved. To continue: {again}", flush=True)
            if interruption.signal == signal.SIGINT and "MAKELEVEL" in os.environ:
                return 0  # make heard Ctrl-C as well and ends with it by itself; any other status would only make it complain
            return 128 + interruption.signal
        if isinstance(error, PapermillExecutionError):
            print(f"\n{error.ename}: {error.evalue}\n{notebook} stopped here; {executed} shows where.", file=sys.stderr)
            return 1
        raise
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook")
    parser.add_argument("executed", help="where the executed copy goes; the folder is made")
    parser.add_argument("-p", dest="parameters", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="as papermill's")
    parser.add_argument("-r", dest="texts", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="the same, always a text")
    parser.add_argument("--again", default="run it again", help="the command that continues after an interruption")
    given = parser.parse_args()
    sys.exit(run(given.notebook, given.executed, {name: typed(value) for name, value in given.parameters} | dict(given.texts), given.again))

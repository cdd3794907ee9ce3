"""Run notebooks as tests, each in a process of its own, a few at a time, and say how long each took.

    python .make/test_notebooks.py                     all of them
    python .make/test_notebooks.py nbs/03_unet.ipynb   some of them

The libraries are loaded once, and each notebook's process is forked from the one that has them: loading them takes as long as many a notebook.

A notebook's output is shown only if it fails. Tests kill processes on purpose, and a killed process tidies nothing up: its workers wait for ever, its
semaphores stay in /dev/shm. So each notebook has a session of its own and a mark in its environment, by which what outlives it is found and ended, and what
no process uses any more in /dev/shm is removed.
"""
import argparse
import importlib
import os
import signal
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil

MARK = "GALAXY_DIFFUSION_TEST"  # environment variable, inherited by whatever a notebook starts
SHARED = Path("/dev/shm")  # where Linux keeps shared memory and semaphores
LIBRARIES = ("nbdev.test", "torch", "torch._dynamo", "pandas", "matplotlib.pyplot", "scipy.stats", "astropy.cosmology", "h5py", "galaxy_diffusion.figures",
             "galaxy_diffusion.runs.generate", "galaxy_diffusion.morphology.measuring", "galaxy_diffusion.survey.simulation", "galaxy_diffusion.photoz.instrument")
LONG = "tests", "photoz", "morphology", "runs", "survey"  # rooms whose notebooks take longest


def find_notebooks(folder="nbs"):
    "All notebooks; those of the rooms that take longest first: at the end they would leave one process waiting."
    found = [p for p in sorted(Path(folder).rglob("*.ipynb")) if not any(part.startswith((".", "_")) for part in p.parts)]
    return sorted(found, key=lambda p: LONG.index(p.parts[1]) if p.parts[1] in LONG else len(LONG))


def belonging(session, mark):
    "The processes of a session, and those that carry a mark."
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session or process.environ().get(MARK) == mark:
                found.append(process)
        except (psutil.Error, OSError):  # it has ended, or is another user's
            pass
    return found


def end_survivors(session, mark, patience=5):
    "End what a notebook has started and what does not end by itself within some seconds; the number of these processes."
    _, survivors = psutil.wait_procs(belonging(session, mark), timeout=patience)
    for process in survivors:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
    psutil.wait_procs(survivors, timeout=patience)
    return len(survivors)


def start(path):
    "Run a notebook in a child of this process, which has loaded the libraries already: its process id, mark, log and start time."
    log, mark = tempfile.TemporaryFile("w+"), uuid.uuid4().hex  # a pipe would stay open as long as any survivor lives
    if pid := os.fork():
        return pid, (path, mark, log, time.monotonic())
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ[MARK] = mark
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(log.fileno(), stream)
    importlib.import_module("nbdev.test").nbdev_test(path=str(path), n_workers=0, do_print=True)
    sys.exit()


def run(paths, processes):
    "Run notebooks, some at a time; path, exit status, output, seconds, and how many processes outlived it, of each as it ends."
    waiting, running = list(paths)[::-1], {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                running |= [start(waiting.pop())]
            pid, status = os.wait()
            path, mark, log, started = running.pop(pid)
            survivors = end_survivors(pid, mark)
            log.seek(0)
            yield path, status, log.read(), time.monotonic() - started, survivors
    except (KeyboardInterrupt, GeneratorExit):
        for pid, (_, mark, *_) in running.items():
            end_survivors(pid, mark, patience=0)
        sys.exit("interrupted")


def remove_unused(before):
    "Remove what has come to shared memory since, is our own, and is used by no process; the names."
    new = [p for p in SHARED.glob("*") if p.name not in before and p.is_file() and p.stat().st_uid == os.getuid()]
    used = set()
    for process in psutil.process_iter():
        try:
            used |= {m.path for m in process.memory_maps()} | {f.path for f in process.open_files()}
        except psutil.Error:
            pass
    unused = [p for p in new if str(p) not in used]
    for path in unused:
        path.unlink(missing_ok=True)
    return sorted(p.name for p in unused)


def main(paths, processes):
    "Run them all; exits with 1 if any fails."
    before, started, failed = {p.name for p in SHARED.glob("*")}, time.monotonic(), []
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name in LIBRARIES:
        importlib.import_module(name)
    for k, (path, status, output, seconds, survivors) in enumerate(run(paths, processes), 1):
        notes = ["FAILED"] * (status != 0) + [f"ended {survivors} processes that outlived it"] * (survivors > 0)
        print(f"{k:3}/{len(paths)} {seconds:5.0f} s  {path}  {', '.join(notes)}".rstrip(), flush=True)
        if status:
            failed.append(str(path))
            print(output, flush=True)
    removed = remove_unused(before)
    if removed:
        print(f"removed from {SHARED} what killed processes left: {', '.join(removed)}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
    print(f"{len(paths)} notebooks passed in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    if missing := [str(path) for path in given.notebooks if not path.is_file()]:
        sys.exit(f"no such notebook: {', '.join(missing)}")
    main(given.notebooks or find_notebooks(), given.processes)

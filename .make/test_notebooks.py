"""Run notebooks as tests, each in a process of its own, a few at a time, and say how long each took.

    python .make/test_notebooks.py                     all of them
    python .make/test_notebooks.py nbs/03_unet.ipynb   some of them

A notebook's output is shown only if it fails. Tests kill processes on purpose, and a killed process tidies nothing up: its workers wait for ever, its
semaphores stay in /dev/shm. So each notebook's processes carry a mark, those that outlive it are ended, and what no process uses any more is removed.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import psutil

MARK = "GALAXY_DIFFUSION_TEST"  # environment variable, inherited by whatever a notebook starts
SHARED = Path("/dev/shm")  # where Linux keeps shared memory and semaphores
LONG = "tests", "photoz", "morphology", "runs"  # rooms whose notebooks take longest


def find_notebooks(folder="nbs"):
    "All notebooks; those of the rooms that take longest first: at the end they would leave one process waiting."
    found = [p for p in sorted(Path(folder).rglob("*.ipynb")) if not any(part.startswith((".", "_")) for part in p.parts)]
    return sorted(found, key=lambda p: LONG.index(p.parts[1]) if p.parts[1] in LONG else len(LONG))


def marked(mark):
    "The processes that carry a mark."
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found.append(process)
        except psutil.Error:  # it has ended, or is another user's
            pass
    return found


def end_survivors(mark, patience=5):
    "End the processes with a mark that do not end by themselves within some seconds; their number."
    _, survivors = psutil.wait_procs(marked(mark), timeout=patience)
    for process in survivors:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
    psutil.wait_procs(survivors, timeout=patience)
    return len(survivors)


def run(path):
    "Exit status, output, seconds, and how many processes outlived the notebook."
    started, mark = time.monotonic(), uuid.uuid4().hex
    with tempfile.TemporaryFile("w+") as log:  # a pipe would stay open as long as any survivor lives
        try:
            done = subprocess.run(["nbdev_test", "--path", str(path), "--n_workers", "0", "--do_print"], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=subprocess.STDOUT, env=os.environ | {MARK: mark})
        finally:
            survivors = end_survivors(mark)
        log.seek(0)
        return done.returncode, log.read(), time.monotonic() - started, survivors


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
    with ThreadPoolExecutor(processes) as pool:
        running = {pool.submit(run, path): path for path in paths}
        for k, future in enumerate(as_completed(running), 1):
            status, output, seconds, survivors = future.result()
            notes = ["FAILED"] * (status != 0) + [f"ended {survivors} processes that outlived it"] * (survivors > 0)
            print(f"{k:3}/{len(paths)} {seconds:5.0f} s  {running[future]}  {', '.join(notes)}".rstrip(), flush=True)
            if status:
                failed.append(str(running[future]))
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
    main(given.notebooks or find_notebooks(), given.processes)

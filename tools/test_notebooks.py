"""Run notebooks as tests, each in a process of its own, a few at a time, and say how long each took.

    python tools/test_notebooks.py                     all of them
    python tools/test_notebooks.py nbs/03_unet.ipynb   some of them

A notebook's output is shown only if it fails. Shared memory and semaphores that are left behind count as a failure, too.
"""
import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

SHARED = Path("/dev/shm")  # where Linux keeps shared memory and semaphores


def find_notebooks(folder="nbs"):
    "All notebooks, those that take longest first, as far as their folder tells: long ones at the end would leave one process waiting."
    found = [p for p in sorted(Path(folder).rglob("*.ipynb")) if not any(part.startswith((".", "_")) for part in p.parts)]
    return sorted(found, key=lambda p: p.parts[1] != "tests")


def test(path):
    "Exit status, output and seconds."
    started = time.monotonic()
    done = subprocess.run(["nbdev_test", "--path", str(path), "--n_workers", "0", "--do_print"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout, time.monotonic() - started


def main(paths, processes):
    before, started, failed = set(SHARED.glob("*")), time.monotonic(), []
    with ThreadPoolExecutor(processes) as pool:
        running = {pool.submit(test, path): path for path in paths}
        for k, future in enumerate(as_completed(running), 1):
            status, output, seconds = future.result()
            print(f"{k:3}/{len(paths)}  {seconds:5.0f} s  {running[future]}{'' if status == 0 else '  FAILED'}", flush=True)
            if status:
                failed.append(str(running[future]))
                print(output, flush=True)
    left = sorted(p.name for p in set(SHARED.glob("*")) - before)
    if left:
        print(f"left behind in {SHARED}: {', '.join(left)}")
    if failed:
        print(f"failed: {', '.join(failed)}")
    if failed or left:
        sys.exit(1)
    print(f"{len(paths)} notebooks passed in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    main(given.notebooks or find_notebooks(), given.processes)

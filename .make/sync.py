"""Are package, notebooks and README in step? The commands that bring them in step run in a copy, which is then compared; the checkout is only read.

    python .make/sync.py "nbdev_export && nbdev_clean"
"""
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BASIS = ("settings.ini", "galaxy_diffusion/__init__.py", "galaxy_diffusion/__main__.py", "nbs", "README.md", "figures/readme")  # what the commands start from
MADE = ("galaxy_diffusion", "nbs", "README.md", "figures/readme")  # what they make
PASSING = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
LINES = 12  # shown of each difference


def copy(checkout, scratch):
    "What the commands start from; of the package only the file that is written by hand, so that a module without a notebook shows."
    for name in BASIS:
        source, target = checkout / name, scratch / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=PASSING)
        elif source.exists():
            shutil.copy2(source, target)


def contents(root):
    "Every made file below a folder: its name and its bytes."
    paths = [p for name in MADE for p in ([root / name] if (root / name).is_file() else sorted((root / name).rglob("*"))) if p.is_file()]
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in paths if not {"__pycache__", ".ipynb_checkpoints"} & set(p.parts)}


def difference(name, here, made):
    "A few lines that say how a file of the checkout differs from the made one."
    if made is None:
        return f"{name}: nothing makes this file"
    if here is None:
        return f"{name}: missing"
    try:
        lines = difflib.unified_diff(here.decode().splitlines(), made.decode().splitlines(), "here", "made", lineterm="", n=0)
    except UnicodeDecodeError:
        return f"{name}: another picture"
    shown = [line[:160] for line in lines][2:]
    return "\n  ".join([f"{name}: differs", *shown[:LINES], *[f"... {len(shown) - LINES} more lines"] * (len(shown) > LINES)])


def main(commands):
    checkout = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        copy(checkout, scratch)
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
        result = subprocess.run(commands, shell=True, cwd=scratch, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode:
            sys.exit(f"{result.stdout}\nThis failed in a copy of the checkout: {commands}")
        here, made = contents(checkout), contents(scratch)
    out_of_step = [difference(name, here.get(name), made.get(name)) for name in sorted({*here, *made}) if here.get(name) != made.get(name)]
    if out_of_step:
        sys.exit("\n".join([*out_of_step, "", f"{len(out_of_step)} files are out of step with the notebooks. Run `make export`, look at what changed, "
                            "delete what nothing makes, and commit."]))
    print(f"{len([n for n in made if n.endswith('.py')])} modules, {len([n for n in made if n.endswith('.ipynb')])} notebooks and README are in step")


if __name__ == "__main__":
    main(sys.argv[1])

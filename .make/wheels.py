"""Collect what a machine without a network lacks into one folder of wheels, for Linux on x86-64.

    python .make/wheels.py FOLDER 3.12 torch h5py matplotlib accelerate scipy pandas ...

After the folder come the machine's Python and the packages that it has; what they need, it has too. The versions are those of the environment
at hand, so what travels is what was tested here. On the machine:

    python3 -m pip install --no-index --no-deps --target site FOLDER/*.whl && PYTHONPATH=site make gpu
"""
import shutil
import subprocess
import sys
import tempfile
from configparser import ConfigParser
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tqdm import tqdm

LIMIT = 40 * 2**20  # bytes of the folder
EXTRA = ["papermill", "ipykernel", "diffusers", "denoising-diffusion-pytorch", "ema-pytorch"]  # beside the library's and the survey's: run notebooks and the benchmark's peers
OPTIONAL = {"jedi", "parso", "debugpy", "pybind11"}  # completion, a debugger, building: no stage asks for them
UNUSED = {"galsim": ["share/sensors", "roman", "des"], "astropy": ["*/**/tests"]}  # files of packages, likewise; of GalSim: other telescopes
FROM_SOURCE = {"statmorph"}  # PyPI holds no wheel of it


def closure(names, python):
    "Name to version of the packages and all they need, as installed here."
    environment = default_environment() | {"python_version": python, "python_full_version": f"{python}.0"}
    todo, seen, found = [Requirement(name) for name in names], set(), {}
    while todo:
        wanted = todo.pop()
        if (key := (canonicalize_name(wanted.name), *sorted(wanted.extras))) in seen:
            continue
        seen.add(key)
        try:
            package = distribution(wanted.name)
        except PackageNotFoundError:
            continue  # needed by another Python only: pip's own check on the machine names it if that is wrong
        found[key[0]] = package.version
        for text in package.requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate(environment | {"extra": extra}) for extra in (*wanted.extras, "")):
                todo.append(needed)
    return found


def fetch(name, version, python, folder):
    "Put one wheel into the folder."
    pip = [sys.executable, "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check"]
    if name in FROM_SOURCE:
        command = [*pip, "wheel", "--no-deps", "-w", str(folder), f"{name}=={version}"]
    else:
        platforms = [f"--platform=manylinux{tag}_x86_64" for tag in ("1", "2010", "2014", *(f"_2_{minor}" for minor in range(5, 40)))]
        command = [*pip, "download", "--no-deps", "--only-binary=:all:", f"--python-version={python}", *platforms, "-d", str(folder), f"{name}=={version}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def slim(wheel, patterns):
    "Take files that nothing here needs out of a wheel, and debugging symbols out of its libraries."
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "wheel", "unpack", str(wheel), "-d", scratch], check=True, stdout=subprocess.DEVNULL)
        root = next(Path(scratch).iterdir())
        package = root / wheel.name.split("-")[0].lower()
        for path in [found for pattern in patterns for found in package.glob(pattern)]:
            shutil.rmtree(path, ignore_errors=True)  # one may lie in another
        for library in (*root.rglob("*.so"), *root.rglob("*.so.*")):
            subprocess.run(["strip", "--strip-unneeded", str(library)], check=True)
        wheel.unlink()
        subprocess.run([sys.executable, "-m", "wheel", "pack", str(root), "-d", str(wheel.parent)], check=True, stdout=subprocess.DEVNULL)


def main(folder, python, has):
    "Fill the folder and say how large it is."
    parser = ConfigParser(delimiters=["="])
    parser.read("settings.ini", encoding="utf-8")
    own = [name for key in ("requirements", "survey_requirements") for name in parser["DEFAULT"][key].split()]
    there = closure(has, python)
    lacking = {name: version for name, version in closure(own + EXTRA, python).items() if name not in OPTIONAL | there.keys()}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, version in tqdm(lacking.items(), unit="wheels"):
        fetch(name, version, python, folder)
    for name, patterns in UNUSED.items():
        for wheel in folder.glob(f"{name}-*.whl"):
            slim(wheel, patterns)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{len(lacking)} wheels, {size / 2**20:.0f} MiB in {folder}")
    if size > LIMIT:
        largest = sorted(folder.iterdir(), key=lambda path: -path.stat().st_size)[:5]
        sys.exit(f"That is more than {LIMIT >> 20} MiB. The largest: {', '.join(f'{p.name} {p.stat().st_size >> 20} MiB' for p in largest)}.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])

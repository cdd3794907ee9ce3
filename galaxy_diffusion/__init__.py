"""Galaxies as a telescope would see them at any redshift: a diffusion model, and the measurements that judge it.

    from galaxy_diffusion import GalaxyDiffusion, measure, show_galaxies

    images = GalaxyDiffusion.load("data/record").sample(0.5, n=20)   # flux, (20, 5, 64, 64), bands g r i z y
    show_galaxies(images)

The names below are imported when they are first used, so that importing the package costs nothing.
"""

__version__ = "0.2.0"

import os
import sys
from importlib import import_module

HOMES = {
    "Calibration": "morphology.calibration",
    "GalaxyDiffusion": "sampler",
    "GalaxyError": "core",
    "GalaxyFile": "data",
    "ImageSpec": "core",
    "MeasureOptions": "morphology.measuring",
    "Photoz": "photoz.estimator",
    "measure": "morphology.measuring",
    "read_cutouts": "files.cutouts",
    "show_galaxies": "core",
    "simulate": "survey.simulation",
    "to_fits": "files.sharing",
    "to_galsim": "files.sharing",
    "to_table": "files.sharing",
    "write_galaxies": "files.writing",
}
METHODS = {"GalaxyDiffusion": ("science.description", "science.likelihood", "science.inpainting")}  # modules that give a class methods of theirs
__all__ = list(HOMES)


def __getattr__(name):
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        for module in METHODS.get(name, ()):
            import_module(f".{module}", __name__)
        return getattr(import_module(f".{HOMES[name]}", __name__), name)
    except ModuleNotFoundError as error:
        raise ImportError(f"{name} needs {error.name}, which is not installed: pip install 'galaxy_diffusion[all]'") from error


def __dir__():
    return [*globals(), *HOMES]


def _start_command():
    "What python -m galaxy_diffusion.MODULE does is for galaxy-diffusion to say: the module may have another name by now, or no command."
    line = sys.orig_argv
    if sys.argv[:1] == ["-m"] and "-m" in line and (module := line[line.index("-m") + 1]).startswith(f"{__name__}."):
        name = module.removeprefix(f"{__name__}.")
        if name not in ("__main__", "bench.playbook", "tests.support"):  # which are run as they are
            os.execv(sys.executable, [sys.executable, *line[1 : line.index("-m")], "-m", __name__, "-m", name, *sys.argv[1:]])


_start_command()

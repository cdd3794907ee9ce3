"""Package metadata, read from settings.ini (nbdev 2's own setup.py needs pkg_resources, which is gone)."""
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

parser = ConfigParser(delimiters=["="])
parser.read("settings.ini", encoding="utf-8")
cfg = parser["DEFAULT"]
extras = {key.removesuffix("_requirements"): cfg[key].split() for key in cfg if key.endswith("_requirements")}

setup(
    name=cfg["lib_name"],
    version=cfg["version"],
    description=cfg["description"],
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=cfg["author"],
    license="Apache-2.0",
    packages=find_packages(include=["galaxy_diffusion*"]),
    python_requires=f">={cfg['min_python']}",
    entry_points={"console_scripts": cfg["console_scripts"].split()},
    install_requires=cfg["requirements"].split(),
    extras_require=extras | {"all": sorted(set().union(*extras.values()))},
)

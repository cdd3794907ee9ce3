"""HTML pages of all notebooks, as they are committed, in _docs: `make docs`, then open _docs/index.html. Neither this nor reading them needs a network.

Sphinx makes pages, navigation and search, MyST-NB reads the notebooks, Furo is the look, and equations become MathML, which browsers draw by themselves.
"""
import json
import re
import shutil
import sys
import tempfile
from configparser import ConfigParser
from pathlib import Path

import latex2mathml.converter
from sphinx.cmd.build import build_main

ROOMS = {  # side rooms in the order of the navigation, and what stands above each
    "files": "Files", "survey": "The mock survey", "fast": "A fast denoiser", "runs": "Runs", "morphology": "Morphology", "photoz": "Redshifts from images",
    "science": "Science", "bench": "Benchmarks", "tests": "Tests"}  # fmt: skip
STYLE = """
.content { width: 58rem; }
div.cell div.cell_input { border: none; border-left: 0.2rem solid transparent; border-radius: 0; }
div.cell.tag_export div.cell_input { border-left-color: var(--color-brand-primary); }
div.highlight pre, div.cell_output pre { font-size: 82%; }
div.cell_output table { width: fit-content; max-width: 100%; font-size: 85%; box-shadow: none; border-collapse: collapse; border: none; margin-left: 0; }
div.cell_output table :is(th, td) { border: none; border-bottom: 1px solid var(--color-background-border); padding: 0.2rem 0.6rem; text-align: right; }
math[display="block"] { margin: 0.8em 0; font-size: 110%; }
"""
CONF = """
project, author, copyright, release, language = {about!r}
extensions, exclude_patterns = ["myst_nb"], ["_static"]
nb_execution_mode, nb_render_markdown_format, nb_merge_streams = "off", "myst", True
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header", "misc.highlighting_failure"]
html_theme, html_title, html_static_path, html_css_files = "furo", project, ["_static"], ["style.css"]
html_show_sourcelink = html_copy_source = False
html_math_renderer = "mathml"
import sys
sys.path.insert(0, {tools!r})
from build_docs import setup_math as setup
"""


def setup_math(app):
    "Sphinx extension: equations as MathML."
    def inline(page, node):
        page.body.append(latex2mathml.converter.convert(node.astext()))
        raise skip

    def display(page, node):
        page.body.append(latex2mathml.converter.convert(node.astext(), display="block"))
        raise skip

    from docutils.nodes import SkipNode as skip

    app.add_html_math_renderer("mathml", (inline, None), (display, None))


def linked(text, here, pages):
    "Markdown with links to the pages of notebooks: `03_unet` or `fast/01_network` in code font, and paths that begin at the repository's root."
    up = "../" * (len(Path(here).parts) - 1)
    text = re.sub(r"\]\(nbs/([\w/]+\.ipynb)", rf"]({up}\1", text)
    text = re.sub(r"(?<!\[)`(?:nbs/)?((?:\w+/)?\d\d_\w+)(?:\.ipynb)?`(?!\])", lambda m: f"[{m[0]}]({up}{m[1]}.ipynb)" if m[1] in pages else m[0], text)
    return text


def page(notebook, here, pages):
    "A notebook as it is published: directives become tags, cells that they hide fold, magics go, names of notebooks become links."
    cells, module = [], None
    for cell in notebook["cells"]:
        source, tags = "".join(cell["source"]), cell["metadata"].setdefault("tags", [])
        if cell["cell_type"] == "code":
            directives = dict(re.findall(r"^#\| *(\S+)(?: +(\S+))?.*", source, flags=re.M))
            module = directives.get("default_exp", module)
            source = re.sub(r"^(#\||%).*\n?", "", source, flags=re.M).strip("\n")
            if not source and not cell["outputs"]:
                continue
            tags += ["export"] * ("export" in directives) + ["hide-cell"] * ("hide" in directives)
            tags += ["remove-input"] * (here == "index" or not source)
        else:
            source = linked(source, here, pages)
        cells.append(cell | {"source": source})
    if module:
        cells[0]["source"] += f"\n\nModule `galaxy_diffusion.{module}`. Cells with a coloured edge are the module; the others show and test it."
    return notebook | {"cells": cells}


def navigation(titles):
    "The tables of contents, for the end of the first page: the spine, then the side rooms."
    rooms = sorted({name.split("/")[0] for name in titles if "/" in name})
    rooms = [room for room in ROOMS if room in rooms] + [room for room in rooms if room not in ROOMS]
    parts = {"The story": [name for name in titles if "/" not in name and name != "index"]}
    parts |= {ROOMS.get(room, room.title()): [name for name in titles if name.startswith(f"{room}/")] for room in rooms}
    entries = {caption: "\n".join(f"{Path(name).name[:2]} {titles[name]} <{name}>" for name in names) for caption, names in parts.items()}
    return "\n".join(f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n" for caption, lines in entries.items())


def write_sources(root, folder):
    "What Sphinx reads; the number of pages."
    parser = ConfigParser(delimiters=["="])
    parser.read(root / "settings.ini", encoding="utf-8")
    cfg = parser["DEFAULT"]
    paths = [p.relative_to(root / "nbs") for p in sorted((root / "nbs").rglob("*.ipynb"))]
    names = [p.with_suffix("").as_posix() for p in paths if not any(part.startswith((".", "_")) for part in p.parts)]
    notebooks = {name: json.loads((root / "nbs" / f"{name}.ipynb").read_text(encoding="utf-8")) for name in names}
    titles = {name: re.match(r"# (.*)", "".join(notebook["cells"][0]["source"]))[1] for name, notebook in notebooks.items()}
    for name, notebook in notebooks.items():
        published = page(notebook, name, titles)
        if name == "index":
            published["cells"].append({"cell_type": "markdown", "id": "navigation", "metadata": {}, "source": navigation(titles)})
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.ipynb").write_text(json.dumps(published), encoding="utf-8")
    (folder / "_static").mkdir()
    (folder / "_static" / "style.css").write_text(STYLE)
    about = (cfg["lib_name"], cfg["author"], cfg["copyright"], cfg["version"], "en")
    (folder / "conf.py").write_text(CONF.format(about=about, tools=str(Path(__file__).resolve().parent)))
    return len(names)


def main(root, out):
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        source.mkdir()
        n = write_sources(root, source)
        status = build_main(["-q", "-b", "html", "-d", f"{scratch}/doctrees", str(source), f"{scratch}/html"])
        if status:
            sys.exit(status)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(f"{scratch}/html", out)
    print(f"{n} pages; open {out.relative_to(root)}/index.html")


if __name__ == "__main__":
    main(Path.cwd(), Path.cwd() / "_docs")

"""What the evaluation of a run found, as a table for a terminal: python .make/show_results.py data/runs/demo"""
import json
import sys
from pathlib import Path

NAMES = {"log_semimajor": "semi-major axis", "log_area": "isophotal area", "log_n": "Sérsic index", "log_re": "half-light radius",
         "q": "axis ratio of the fit", "gini": "Gini", "m20": "M20", "redshift_error": "error of predicted redshift"}  # fmt: skip
WHOLE = {"energy_all": "all properties together, energy distance", "auc_all": "a classifier that sees all, area under curve (blind: 0.5)",
         "frechet": "Fréchet distance in the redshift network"}  # fmt: skip


def cells(summary, key):
    "Value and floor as text, a star after a value above its floor."
    value, floor = summary.get(key), summary.get(f"{key}_floor_95")
    if value is None or floor is None:
        return "-", "-"
    return f"{value:.3f}{'*' if value > floor else ' '}", f"{floor:.3f}"


def lines(run, summary):
    "The table, line by line."
    yield f"{summary['n_generated']} generated galaxies beside as many of the test split of {summary['survey']}, measured by the same code"
    yield "(sampler {sampler}, {steps} steps). 95 % of comparisons of two samples of the survey itself stay below the floor.".format_map(summary)
    yield ""
    form = "  {:30} {:>9} {:>7} {:>9} {:>7}"
    yield form.format("property", "W / σ ", "floor", "KS ", "floor")
    for key in summary:
        if key.startswith("wasserstein_") and f"{key}_floor_95" in summary:
            name = key.removeprefix("wasserstein_")
            yield form.format(NAMES.get(name, name), *cells(summary, key), *cells(summary, f"ks_{name}"))
    yield ""
    for key, name in WHOLE.items():
        if key in summary:
            yield "  {:60} {:>7} {:>7}".format(name, *cells(summary, key))
    for measure, name in {"sigma_nmad": "scatter σ_NMAD", "outliers": "share of outliers"}.items():
        sides = {key.split(":")[0]: value for key, value in summary.items() if key.endswith(f": redshift {measure}") and value is not None}
        if sides:
            shown = ", ".join(f"{'test galaxies' if side == 'real' else side} {value:.3f}" for side, value in sides.items())
            yield f"  predicted redshift, {name}: {shown}"
    yield ""
    yield "  * above its floor: more than chance."
    if summary.get("p_memorisation") is not None:
        yield f"  Copies of training galaxies: {'no sign' if summary['p_memorisation'] > 0.05 else 'suspected'} (p = {summary['p_memorisation']:.2f})."
    if summary.get("p_overall") is not None:
        verdict = "cannot be told from the survey" if summary["p_overall"] > 0.05 else "can be told from the survey"
        yield f"  All tests together: the generated galaxies {verdict} (p = {summary['p_overall']:.3f})."
    yield ""
    yield f"Pictures: {run}/figures    tables: {run}/tables    all numbers: {run}/summary.json"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print("\n" + "\n".join(lines(folder, json.loads((folder / "summary.json").read_text(encoding="utf-8")))))

"""Plots as SVG text: plain, small, the same for the same figures, readable on light and dark."""

import io
import re
from collections.abc import Sequence

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402 - the backend comes first

GREY = "#848484"  # stands out from white and from near-black alike
COLORS = ["#3b82c4", "#d9792b", "#3fa06b", "#b05fa3"]

plt.rcParams |= {
    "svg.fonttype": "none",
    "svg.hashsalt": "cq-source-s3",
    "font.family": "sans-serif",
    "font.size": 10,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": GREY,
    "axes.labelcolor": GREY,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "grid.color": GREY,
    "grid.alpha": 0.25,
    "axes.prop_cycle": plt.cycler(color=COLORS),
}


def to_svg(figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    plt.close(figure)
    return re.sub(r"[ \t]+$", "", text.getvalue(), flags=re.MULTILINE)


def bars(
    groups: Sequence[str],
    series: dict[str, Sequence[float]],
    label: str,
    form: str = "{:.2f}",
    line: float = 0,
) -> str:
    """Bars side by side in each group; `line` marks a value to compare with."""
    figure, axes = plt.subplots(figsize=(7, 3))
    width = 0.8 / len(series)
    for i, (name, values) in enumerate(series.items()):
        places = [g + (i - (len(series) - 1) / 2) * width for g in range(len(groups))]
        drawn = axes.bar(places, values, width * 0.92, label=name)
        axes.bar_label(drawn, [form.format(value) for value in values], padding=2, fontsize=9)
    if line:
        axes.axhline(line, color=GREY, linewidth=1, linestyle="--")
    axes.set_xticks(range(len(groups)), groups)
    axes.set_ylabel(label)
    axes.margins(y=0.15)
    axes.grid(axis="y")
    if len(series) > 1:
        figure.legend(loc="outside upper center", ncols=len(series))
    return to_svg(figure)


def lines(series: dict[str, Sequence[tuple[float, float]]], across: str, up: str) -> str:
    """Values over time, from 0 up."""
    figure, axes = plt.subplots(figsize=(7, 3))
    for name, points in series.items():
        axes.plot(*zip(*points, strict=True), label=name, linewidth=1.5)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_ylim(bottom=0)
    axes.grid()
    axes.legend()
    return to_svg(figure)


def growth(series: dict[str, Sequence[tuple[float, float]]], across: str, up: str) -> str:
    """Double logarithmic: a power is a straight line, and the dashed lines are those of power 1."""
    figure, axes = plt.subplots(figsize=(7, 4))
    for i, (name, points) in enumerate(series.items()):
        color = COLORS[i % len(COLORS)]
        (x0, y0), (x1, _) = points[0], points[-1]
        axes.plot(*zip(*points, strict=True), marker="o", label=name, color=color)
        axes.plot([x0, x1], [y0, y0 * x1 / x0], color=color, linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = sorted({size for points in series.values() for size, _ in points})
    axes.set_xticks(sizes, [f"×{size:g}" for size in sizes])
    axes.set_xticks([], minor=True)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(which="both")
    axes.legend()
    return to_svg(figure)

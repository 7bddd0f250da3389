"""What all figures share: colours, axes without clutter, and writing them as PNG. No global pyplot state."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unnoise.atomic import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 120
INK, MUTED, FAINT = "#222222", "#666666", "#dddddd"
ACCENT, REFERENCE = "#3f90da", "#b4b9be"

# Ten colours told apart under the common colour-vision deficiencies: M. A. Petroff, arXiv:2107.02270.
PALETTE = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")


def new_figure(width: float, height: float) -> Figure:
    """Return an empty white figure of ``width`` × ``height`` inches that keeps its parts from overlapping."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")


def tidy(axes: Axes, *, title: str = "", x: str = "", y: str = "", grid: str | None = None) -> None:
    """Give axes their labels, a quiet frame and, where ``grid`` is ``x``, ``y`` or ``both``, faint lines."""
    axes.set_title(title, fontsize=11, color=INK, loc="left", parse_math=False)
    axes.set_xlabel(x, fontsize=9, color=INK)
    axes.set_ylabel(y, fontsize=9, color=INK)
    axes.tick_params(labelsize=8, color=FAINT, labelcolor=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    if grid is not None:
        axes.grid(True, axis=grid, color=FAINT, linewidth=0.6)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def to_png(figure: Figure) -> bytes:
    """Return the figure as the bytes of a PNG file at 120 dots an inch."""
    buffer = io.BytesIO()
    # Without the software entry the same figure gives the same bytes under any matplotlib.
    metadata: dict[str, Any] = {"Software": None}
    figure.savefig(buffer, format="png", dpi=DPI, metadata=metadata)
    return buffer.getvalue()


def save_figure(figure: Figure, path: str | Path, *, overwrite: bool = True) -> Path:
    """Write the figure as PNG, whole or not at all, and return its path.

    Raises:
        OutputError: the folder is missing, the file exists and ``overwrite`` is false, or the disk refuses.
    """
    write_bytes(path, to_png(figure), overwrite=overwrite)
    return Path(path)

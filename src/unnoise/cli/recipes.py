"""``unnoise recipes``: the recipes that come with unnoise."""

from __future__ import annotations

from unnoise.cli.options import make_console


def recipes() -> None:
    """List the built-in recipes. To run one: unnoise train NAME."""
    from rich.table import Table

    from unnoise.experiment import built_in_recipes

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, summary in built_in_recipes().items():
        table.add_row(name, summary)
    make_console().print(table, highlight=False)

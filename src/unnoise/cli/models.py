"""``unnoise models``: the packaged models and their cards."""

from __future__ import annotations

from typing import Annotated

import typer


def models(
    name: Annotated[
        str | None, typer.Argument(help="Show this model's card; of a file, what it says of itself.")
    ] = None,
) -> None:
    """List the models that come with unnoise, or show the card of one."""
    from unnoise.inference import card, load, packaged_models

    if name is not None:
        description = load(name).metadata.describe()
        typer.echo(f"{card(name)}\n{description}" if name in packaged_models() else description)
        return
    for known in packaged_models():
        typer.echo(f"{known:<12}{card(known).splitlines()[2]}")

"""``unnoise models``: the packaged models and their cards."""

from __future__ import annotations

from typing import Annotated

import typer


def models(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME|FILE", help="Show this model's card; of a file, what it says of itself."),
    ] = None,
) -> None:
    """List the models that come with unnoise, or show the card of one."""
    from unnoise.inference import card, load, packaged_models

    if name is None:
        for known in packaged_models():
            typer.echo(f"{known:<12}{card(known).splitlines()[2]}")
        return
    description = load(name).metadata.describe()
    if name in packaged_models():
        _print_card(card(name))
    typer.echo(description)


def _print_card(text: str) -> None:
    """Print a card's Markdown, rendered where a terminal shows it."""
    from rich.console import Console
    from rich.markdown import Markdown

    # The marks between which tools fill in tables are no text.
    text = "\n".join(line for line in text.splitlines() if not line.startswith("<!--"))
    console = Console()
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        typer.echo(text)
    typer.echo()

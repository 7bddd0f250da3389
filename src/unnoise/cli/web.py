"""``unnoise web``: the page and the HTTP API on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def web(
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; 0.0.0.0 lets the whole network in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")] = 8000,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="A further name by which the server may be called; may be repeated."
        ),
    ] = None,
    models: Annotated[
        Path | None, typer.Option("--models", metavar="FOLDER", help="A folder with .onnx models of your own.")
    ] = None,
) -> None:
    """Open a page on which images are denoised, on this machine alone; also an HTTP API. Needs no Keras.

    Drop images on the page, compare before and after, choose the strength, download. Stop it with Ctrl-C.
    """
    import webbrowser

    from unnoise.server import create_app, serve
    from unnoise.server.guard import LOCAL

    app = create_app(models, hosts={*LOCAL, host, *(allow_host or [])})

    def on_start(url: str) -> None:
        typer.echo(f"unnoise is at {url} Stop it with Ctrl-C.")
        if host not in LOCAL:
            typer.echo(f"Everyone who reaches {host} can use it; there is no password.", err=True)
        if not no_browser:
            webbrowser.open(url)

    serve(app, host, port, on_start=on_start)

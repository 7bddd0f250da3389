"""`unnoise models` shows cards: rendered on a terminal, as text elsewhere."""

import pytest
from typer.testing import CliRunner

from unnoise.cli.app import app


@pytest.mark.parametrize("terminal", [False, True])
def test_a_card_is_rendered_on_a_terminal_alone(terminal):
    done = CliRunner().invoke(app, ["models", "photo-awgn"], env={"FORCE_COLOR": "1" if terminal else None})
    assert done.exit_code == 0
    assert "photo-awgn" in done.output
    assert "<!--" not in done.output
    assert ("# photo-awgn" in done.output) != terminal
    assert ("|---|" in done.output) != terminal
    assert ("\x1b[" in done.output) == terminal


def test_strengths_are_told_in_levels():
    assert "2 times blind-gaussian(55/255, clip=false) or blind-gaussian(30/255" in (
        CliRunner().invoke(app, ["models", "photo-awgn"]).output
    )

"""The models that clients may choose from, by name: the packaged ones and those of one folder."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

from unnoise.errors import InputError, UsageError
from unnoise.inference import Denoiser, card, load, packaged_models
from unnoise.inference.packaged import model_file
from unnoise.registry import suggestion


class ModelShelf:
    """Models by name; each is loaded once, when it is first asked for. A name is looked up, never opened as a path.

    Args:
        folder: Where further ``.onnx`` files are; None: nowhere.

    Raises:
        InputError: no such folder.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._files = {name: model_file(name) for name in packaged_models()}
        if folder is not None:
            folder = Path(folder)
            if not folder.is_dir():
                raise InputError(f"{folder} is not a folder. Give a folder with packaged models.")
            for file in sorted(folder.glob("*.onnx")):
                self._files.setdefault(file.stem, file)
        self._loaded: dict[str, Denoiser] = {}
        self._lock = Lock()

    def names(self) -> list[str]:
        """Return the names, the default first."""
        return list(self._files)

    def get(self, name: str) -> Denoiser:
        """Return the model called ``name``.

        Raises:
            UsageError: no such name.
            ModelFileError: a file in the folder that cannot be used.
        """
        if name not in self._files:
            raise UsageError(f"Unknown model {name!r}. {suggestion(name, self._files)}")
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = load(self._files[name])
            return self._loaded[name]

    def describe(self) -> list[dict[str, Any]]:
        """Return each model's name, what it is for, and whether it comes with unnoise."""
        own = set(packaged_models())
        return [
            {
                "name": name,
                "summary": _first_sentence(card(name)) if name in own else "A model of your own.",
                "packaged": name in own,
            }
            for name in self._files
        ]


def _first_sentence(card: str) -> str:
    """Return what a card in Markdown says first below its title, as plain text."""
    paragraph = " ".join(card.split("\n\n")[1].split()).replace("*", "").replace("`", "")
    return paragraph.split(". ")[0].rstrip(".") + "."

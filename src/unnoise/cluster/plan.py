"""What a cluster has to do: the files of one place that are not in the other yet."""

from __future__ import annotations

import dataclasses
from pathlib import PurePosixPath

from unnoise.cluster.storage import Place
from unnoise.errors import InputError, OutputError
from unnoise.files.folder import mirrored
from unnoise.imaging.foreign import told


@dataclasses.dataclass(frozen=True)
class ClusterPlan:
    """What there is to do.

    Attributes:
        sizes: The bytes of each file that is to be denoised, by its name relative to its folder.
        done: The names, source and target, of files that are done.
        left_out: In words, what is of a kind that is not read.
    """

    sizes: dict[str, int]
    done: list[tuple[str, str]]
    left_out: list[str]


def plan(
    source: Place, target: Place, *, recursive: bool = False, suffix: str | None = None, overwrite: bool = False
) -> ClusterPlan:
    """Return what is to be done so that ``target`` mirrors ``source``: what :func:`unnoise.files.plan` is for folders.

    A file is done when its target is there and not empty: targets are only ever put in place whole.

    Raises:
        InputError: no images, or a place that cannot be listed; two files would be written to one name.
        OutputError: a target that is the source.
        UsageError: an unknown suffix.
    """
    if source.fs == target.fs and source.root == target.root:
        raise OutputError(f"The output folder is the input folder {source.shown}.", remedy="output")
    sizes = source.files(recursive=recursive)
    if source.fs == target.fs and target.root.startswith(f"{source.root}/"):
        within = PurePosixPath(target.root[len(source.root) + 1 :])
        sizes = {name: size for name, size in sizes.items() if within not in name.parents}
    pairs = mirrored(sizes, suffix=suffix)
    left_out = told(map(str, sizes))
    if not pairs:
        message = f"There are no images in {source.shown}" + (f"; {'; '.join(left_out)}." if left_out else ".")
        raise InputError(message, remedy=None if recursive else "recursive")
    there = {} if overwrite else target.files(recursive=recursive)
    done = [(name, made) for name, made in pairs if there.get(made)]
    finished = {name for name, _ in done}
    return ClusterPlan(
        sizes={str(name): sizes[name] for name, _ in pairs if name not in finished},
        done=[(source.name_of(name), target.name_of(made)) for name, made in done],
        left_out=left_out,
    )

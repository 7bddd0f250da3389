"""Kills a training with SIGKILL at ten moments, three of them inside the write of a checkpoint, and resumes it.

The run counts as unharmed when history.csv (times aside) and every weight of every model equal those of a run that
nobody disturbed, and when at most one epoch was begun twice. Measuring and the report are left out: they come after
training.

    python -m measurements.kill_resume [-o CSV]

Prints a table and exits with 1 if any of the ten runs came to harm.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SETTINGS = (
    "data.train_images=600",
    "data.validation=100",
    "data.test_images=50",
    "model.hidden=[64]",
    "model.code=4",
    "training.epochs=4",
    "classifier.model.hidden=[32]",
    "classifier.training.epochs=4",
    "composite.training.epochs=4",
)
EPOCHS = 12
BEGINS = "an epoch begins:"
STAGES = ("classifier", "autoencoder", "composite")


def save(handle, *args, **arrays):  # type: ignore[no-untyped-def]
    """Stand in for ``numpy.savez``; the write that is to be cut ends half way, and the process with it."""
    import io

    whole = io.BytesIO()
    _real["savez"](whole, *args, **arrays)
    if _countdown("half"):
        handle.write(whole.getvalue()[: len(whole.getvalue()) // 2])
        handle.flush()
        _die()
    handle.write(whole.getvalue())


def replace(source, target):  # type: ignore[no-untyped-def]
    """Stand in for ``os.replace``: the process ends right before or right after the rename that is to be met."""
    met = Path(target).suffix == _suffix
    if met and _countdown("before"):
        _die()
    _real["replace"](source, target)
    if met and _countdown("after"):
        _die()


_real = {"savez": np.savez, "replace": os.replace}
_left = {"half": 0, "before": 0, "after": 0, "batch": 0}
_suffix = ".npz"


def _countdown(what: str) -> bool:
    _left[what] -= 1
    return _left[what] == 0


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def child(what: str, number: int, suffix: str, arguments: list[str]) -> None:
    """Be the training process: ``python -m unnoise train ...`` that kills itself at the given moment."""
    global _suffix
    import unnoise.cli.train
    from unnoise.cli import main

    _suffix = suffix
    _left[what] = number
    np.savez, os.replace = save, replace
    unnoise.cli.train.measure = lambda *_: None  # type: ignore[assignment]
    from unnoise.training.callbacks import EpochLines

    shown = EpochLines.on_epoch_begin

    def begins(self, epoch, logs=None):  # type: ignore[no-untyped-def]
        print(BEGINS, epoch, flush=True)
        shown(self, epoch, logs)

    EpochLines.on_epoch_begin = begins  # type: ignore[method-assign]
    if what == "batch":
        real = EpochLines.on_train_batch_end

        def counted(self, batch, logs=None):  # type: ignore[no-untyped-def]
            real(self, batch, logs)
            if _countdown("batch"):
                _die()

        EpochLines.on_train_batch_end = counted  # type: ignore[method-assign]
    sys.argv = ["unnoise", "train", *arguments]
    main()


@dataclasses.dataclass(frozen=True)
class Moment:
    """When the process dies.

    Attributes:
        name: In words.
        what: ``half``, ``before``, ``after`` (a file's write or rename), ``batch``, or ``history``: killed from
            outside, so many seconds after so many rows of history.csv are there.
        number: Which write, batch or row.
        suffix: Of the file that is met.
        wait: Seconds, with ``history``.
    """

    name: str
    what: str
    number: int
    suffix: str = ".npz"
    wait: float = 0.0


MOMENTS = (
    Moment("checkpoint half written (classifier)", "half", 3),
    Moment("checkpoint written, before its rename (autoencoder)", "before", 6),
    Moment("right after a checkpoint's rename, history not written (autoencoder)", "after", 7),
    Moment("within the first epoch", "batch", 1),
    Moment("within the autoencoder's 3rd epoch", "batch", 41),
    Moment("classifier's model written, before its rename", "before", 1, ".keras"),
    Moment("before history.csv is renamed (composite)", "before", 12, ".csv"),
    Moment("from outside, as the classifier's 2nd epoch ends", "history", 2),
    Moment("from outside, 0.3 s after the autoencoder's 1st epoch", "history", 5, wait=0.3),
    Moment("from outside, as the composite's 1st epoch ends", "history", 9),
)


def start(arguments: list[str], moment: Moment | None = None) -> subprocess.Popen[str]:
    """Start ``unnoise train`` with ``arguments`` in a process of its own."""
    what, number, suffix = (moment.what, moment.number, moment.suffix) if moment else ("never", 0, ".npz")
    command = [sys.executable, str(Path(__file__).resolve()), "--child", what, str(number), suffix, *arguments]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", env=environment
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a process that must succeed; return what it printed."""
    output, _ = process.communicate(timeout=600)
    if process.returncode != 0:
        raise RuntimeError(f"unnoise train ended with {process.returncode}:\n{output}")
    return output


def new_run(folder: Path) -> list[str]:
    """Return the arguments that begin a run in ``folder``."""
    return ["demo", "-o", str(folder), *(part for setting in SETTINGS for part in ("--set", setting))]


def undisturbed(folder: Path) -> Path:
    """Train in ``folder`` without disturbance."""
    finish(start(new_run(folder)))
    return folder


def rows(folder: Path) -> list[dict[str, str]]:
    """Return history.csv without its times."""
    if not (folder / "history.csv").is_file():
        return []
    with open(folder / "history.csv", newline="", encoding="utf-8") as handle:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(handle)]


def epochs_begun(output: str) -> int:
    """Count the epochs that a process began."""
    return output.count(BEGINS)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a killed and resumed run; the epochs are those that the two processes began."""

    moment: str
    killed: bool
    epochs_before: int
    epochs_after: int
    history_equal: bool
    weights_equal: bool
    left_over: int

    @property
    def begun_again(self) -> int:
        """How many epochs were begun twice."""
        return self.epochs_before + self.epochs_after - EPOCHS

    @property
    def unharmed(self) -> bool:
        """Whether all is as it would have been, at the cost of at most one epoch."""
        return self.killed and self.history_equal and self.weights_equal and 0 <= self.begun_again <= 1


def disturbed(folder: Path, moment: Moment, reference: Path) -> Outcome:
    """Train in ``folder``, kill the process at ``moment``, resume, and compare with ``reference``."""
    process = start(new_run(folder), moment)
    if moment.what == "history":
        while process.poll() is None and len(rows(folder)) < moment.number:
            time.sleep(0.005)
        time.sleep(moment.wait)
        process.kill()
    before, _ = process.communicate(timeout=600)
    killed = process.returncode == -signal.SIGKILL
    if not killed:
        raise RuntimeError(f"To be killed: {moment.name}; but it ended with {process.returncode}:\n{before}")
    after = finish(start(["--resume", str(folder)]))
    return Outcome(
        moment.name,
        killed,
        epochs_begun(before),
        epochs_begun(after),
        rows(folder) == rows(reference) and len(rows(folder)) == EPOCHS,
        same_weights(folder, reference),
        sum(1 for path in folder.rglob(".*.tmp*") if path.is_file()),
    )


def same_weights(one: Path, two: Path) -> bool:
    """Compare the weights of all stages bit by bit."""
    import h5py

    def arrays(folder: Path) -> dict[str, bytes]:
        found = {}
        for stage in STAGES:
            with h5py.File(folder / "models" / f"{stage}.weights.h5") as file:

                def take(name: str, item: object, stage: str = stage) -> None:
                    if isinstance(item, h5py.Dataset):
                        found[f"{stage}/{name}"] = np.asarray(item).tobytes()

                file.visititems(take)
        return found

    return arrays(one) == arrays(two) != {}


def machine() -> str:
    """Describe processor, cores and versions in one line."""
    from importlib import metadata

    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    installed = {d.metadata["Name"].replace("_", "-"): d.version for d in metadata.distributions()}
    versions = [f"{n} {installed[n]}" for n in ("keras", "tensorflow-cpu", "tensorflow", "numpy") if n in installed]
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {model}; {system}, {', '.join(versions)}"


def main() -> int:
    """Run all moments; return the exit code."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, help="CSV file for the table")
    output = parser.parse_args().output
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        reference = undisturbed(Path(folder) / "undisturbed")
        for number, moment in enumerate(MOMENTS, start=1):
            outcome = disturbed(Path(folder) / f"{number:02}", moment, reference)
            outcomes.append(outcome)
            print(
                f"{number:>2}  {'unharmed' if outcome.unharmed else 'HARMED':<9} epochs {outcome.epochs_before:>2} + "
                f"{outcome.epochs_after:>2}, again {outcome.begun_again}  {moment.name}",
                flush=True,
            )
    if output:
        with open(output, "w", newline="", encoding="utf-8") as handle:
            handle.write(f"# {machine()}\n")
            writer = csv.writer(handle, lineterminator="\n")
            names = [field.name for field in dataclasses.fields(Outcome)]
            writer.writerow([*names, "begun_again", "unharmed"])
            writer.writerows(
                [*dataclasses.astuple(outcome), outcome.begun_again, outcome.unharmed] for outcome in outcomes
            )
    harmed = sum(not outcome.unharmed for outcome in outcomes)
    print(f"{len(outcomes) - harmed} of {len(outcomes)} unharmed")
    return 1 if harmed else 0


if __name__ == "__main__":
    sys.exit(main())

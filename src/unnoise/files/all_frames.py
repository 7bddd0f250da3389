"""All frames of a file on their way through the network, treated alike where they are alike."""

from __future__ import annotations

from collections.abc import Iterator

from unnoise.files.one_image import Array, Plan, Run
from unnoise.frames import Frames
from unnoise.imaging.image_file import ImageFile
from unnoise.inference import DenoiseOptions, Denoiser
from unnoise.inference.network import Progress


class AllFrames:
    """What is done to the frames of a file.

    Frames of one size and kind are looked at as one image: they have one white and are all denoised or all left, so
    that nothing flickers. Others are looked at one by one.

    Args:
        frames: The frames.
        denoiser: The model.
        options: How much is denoised.
        white: The sample that stands for white; None: it is found.

    Attributes:
        level: The strongest noise that was found, in units of the range [0, 1]; None where it was not looked for.
        unchanged: Why all frames are left as they are; empty where one is denoised.
        notes: What else is changed, or left.
        drift: Mean of what came out less that of what went in, over the frames that were given so far.
    """

    def __init__(self, frames: Frames, denoiser: Denoiser, options: DenoiseOptions, white: float | None) -> None:
        self._frames, self._denoiser, self._options = frames, denoiser, options
        self._one: Run | None = None
        whole = frames.as_one()
        if whole is not None:
            self._one = Run(whole, denoiser, options, white)
            self._plans, filled = [self._one.plan] * len(frames), self._one.filled
        else:
            self._plans, filled = [], False
            for frame in frames:
                run = Run(frame, denoiser, options, white)
                self._plans.append(run.plan)
                filled = filled or run.filled
        self.notes = ["NaN and infinite values became the mean of their channel"] if filled else []
        self.level = max((plan.level for plan in self._plans if plan.level is not None), default=None)
        left = [plan.treatment.unchanged for plan in self._plans if plan.treatment.unchanged]
        self.unchanged = left[0] if len(left) == len(frames) else ""
        if left and not self.unchanged:
            self.notes.append(f"{len(left)} of {len(frames)} frames left as they are, {left[0]}")
        self.drift = 0.0

    def denoised(self, progress: Progress) -> Iterator[tuple[ImageFile, Iterator[Array]]]:
        """Give each frame and its new pixels from top to bottom, which are to be read before the next frame."""
        count = len(self._frames)
        for number, (frame, plan) in enumerate(zip(self._frames, self._plans, strict=True)):
            run = self._one if count == 1 and self._one is not None else self._run(frame, plan)

            def share_of_all(share: float, number: int = number) -> None:
                progress((number + share) / count)

            yield frame, run.strips(share_of_all)
            self.drift += run.drift / count

    def _run(self, frame: ImageFile, plan: Plan) -> Run:
        return Run(frame, self._denoiser, self._options, plan=plan)

"""Which input pixels a sample of a feature map depends on, along one axis: exact arithmetic for each kind of layer.

A feature map repeats its pattern: after ``len(spans)`` samples the same spans come again, ``shift`` input pixels further.
A map after two poolings has one span and a shift of 4; after an upsampling by 2, two equal spans and a shift of 4.
Upsampled maps need more than one span, because neighbours can depend on the same pixels; one number for "the receptive
field" and one for "the jump" (Araujo, Norris and Sim, *Computing receptive fields of convolutional neural networks*,
Distill 2019) do not describe them.
"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

Span = tuple[int, int] | None
"""First and last input pixel, inclusive; None: no pixel at all."""


@dataclasses.dataclass(frozen=True)
class Sampling:
    """The spans of the samples of one period, and the period's length in input pixels."""

    spans: tuple[Span, ...] = ((0, 0),)
    shift: int = 1

    @property
    def jump(self) -> Fraction:
        """Distance of two samples in input pixels."""
        return Fraction(self.shift, len(self.spans))

    @property
    def width(self) -> int:
        """Number of input pixels of the widest span."""
        return max((span[1] - span[0] + 1 for span in self.spans if span), default=0)

    def __getitem__(self, index: int) -> Span:
        """Return the span of sample ``index``, which may be negative."""
        periods, place = divmod(index, len(self.spans))
        span = self.spans[place]
        return span and (span[0] + periods * self.shift, span[1] + periods * self.shift)


def hull(spans: list[Span]) -> Span:
    """Return the smallest span that holds all ``spans``."""
    known = [span for span in spans if span]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


def window(source: Sampling, size: int, stride: int, dilation: int, padding: str) -> Sampling:
    """Return the sampling after a convolution or pooling of ``size`` taps.

    With ``same`` padding and sides that are multiples of the stride, Keras pads ``reach - stride`` samples in all, the
    smaller half first.
    """
    left = max((size - 1) * dilation + 1 - stride, 0) // 2 if padding == "same" else 0
    period = len(source.spans) // math.gcd(len(source.spans), stride)
    spans = [hull([source[o * stride - left + tap * dilation] for tap in range(size)]) for o in range(period)]
    return Sampling(tuple(spans), source.shift * period * stride // len(source.spans))


def transposed_window(source: Sampling, size: int, stride: int, padding: str) -> Sampling:
    """Return the sampling after a transposed convolution: sample ``i`` reaches ``i * stride + tap - left``."""
    left = max(size - stride, 0) // 2 if padding == "same" else 0
    spans = []
    for o in range(len(source.spans) * stride):
        touching = [(o + left - tap) for tap in range(size) if (o + left - tap) % stride == 0]
        spans.append(hull([source[place // stride] for place in touching]))
    return Sampling(tuple(spans), source.shift)


def upsampled(source: Sampling, factor: int, interpolation: str) -> Sampling:
    """Return the sampling after ``nearest`` or ``bilinear`` upsampling."""
    spans = []
    for o in range(len(source.spans) * factor):
        if interpolation == "nearest":
            spans.append(source[o // factor])
        else:
            # Half-pixel centres: output o lies at (o + 1/2) / factor - 1/2.
            place = Fraction(2 * o + 1, 2 * factor) - Fraction(1, 2)
            spans.append(hull([source[math.floor(place)], source[math.ceil(place)]]))
    return Sampling(tuple(spans), source.shift)


def shifted(source: Sampling, samples: int) -> Sampling:
    """Return the sampling whose sample 0 is sample ``samples`` of ``source`` (cropping; padding where negative)."""
    return Sampling(tuple(source[o + samples] for o in range(len(source.spans))), source.shift)


def merged(sources: list[Sampling]) -> Sampling | None:
    """Return the sampling of maps that are added or concatenated; None where their jumps differ."""
    if len({source.jump for source in sources}) != 1:
        return None
    period = math.lcm(*(len(source.spans) for source in sources))
    spans = tuple(hull([source[o] for source in sources]) for o in range(period))
    return Sampling(spans, int(sources[0].jump * period))

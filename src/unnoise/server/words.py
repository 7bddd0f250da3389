"""What was found in an image and done to it, in plain words."""

from __future__ import annotations

from unnoise.files import FileReport

# Up to which standard deviation, of 255, noise is called what.
_KINDS = ((2.5, "Hardly any noise"), (7.0, "Light noise"), (16.0, "Moderate noise"), (32.0, "Strong noise"))


def in_words(report: FileReport) -> list[str]:
    """Return sentences for people, the most important first."""
    sentences = [_found(report)]
    if report.notes:
        sentences.append(f"{'; '.join(report.notes)}.")
    if report.metadata_lost:
        sentences.append(f"Not kept: {', '.join(report.metadata_lost)}.")
    elif report.metadata_kept:
        sentences.append(f"Kept: {', '.join(report.metadata_kept)}.")
    return sentences


def _found(report: FileReport) -> str:
    if report.unchanged:
        return f"{report.unchanged[0].upper()}{report.unchanged[1:]}, so the image was left as it is."
    if report.noise is None:
        return "The image was denoised."
    level = report.noise * 255
    kind = next((words for most, words in _KINDS if level < most), "Very strong noise")
    return f"{kind} was found: about {level:.1f} levels of 255."

"""Image files and folders of them, denoised: what the command line does, for Python.

Example:
    >>> from unnoise.batch import denoise_file
    >>> report = denoise_file("photo.jpg", "photo.denoised.jpg")  # doctest: +SKIP
"""

from unnoise.batch.any_kind import denoise
from unnoise.batch.folder import Job, Outcome, denoise_files, limit_memory, plan
from unnoise.batch.one_file import FileOptions, FileReport, denoise_file

__all__ = [
    "FileOptions",
    "FileReport",
    "Job",
    "Outcome",
    "denoise",
    "denoise_file",
    "denoise_files",
    "limit_memory",
    "plan",
]

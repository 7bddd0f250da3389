"""Image files and folders of them, denoised: what the command line does, for Python.

Example:
    >>> from unnoise.files import denoise_file
    >>> report = denoise_file("photo.jpg", "photo.denoised.jpg")  # doctest: +SKIP
"""

from unnoise.files.any_kind import denoise
from unnoise.files.folder import Job, Outcome, denoise_files, denoise_folder, left_out, plan
from unnoise.files.one_file import FileReport, denoise_file
from unnoise.files.sources import is_name, plan_sources

__all__ = [
    "FileReport",
    "Job",
    "Outcome",
    "denoise",
    "denoise_file",
    "denoise_files",
    "denoise_folder",
    "is_name",
    "left_out",
    "plan",
    "plan_sources",
]

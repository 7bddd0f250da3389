"""What the containers of image files hold beside the picture, read and written without a library that changes it.

``inventory(handle)`` of each module gives the metadata of a file; ``splice``, ``spliced`` or ``describe`` puts metadata
into a new one.
"""


class CutOff(Exception):  # noqa: N818 - the fault is in the file
    """A file without its end, where the decoder does not miss it."""

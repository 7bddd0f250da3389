"""Image files in and out, in their own bit depth, and the list of a folder's images.

Example:
    >>> import tempfile
    >>> import numpy as np
    >>> from unnoise.imaging import read_image, write_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(f"{folder}/photo.png", np.full((4, 6, 3), 200, dtype=np.uint8))
    ...     photo = read_image(f"{folder}/photo.png")
    >>> photo.pixels.shape, photo.with_float(photo.to_float() / 2).pixels.max()
    ((4, 6, 3), np.uint8(100))
"""

from unnoise.imaging.formats import image_files
from unnoise.imaging.image import Image
from unnoise.imaging.image_file import ImageFile, open_image
from unnoise.imaging.reading import read_image
from unnoise.imaging.writing import write_image

__all__ = ["Image", "ImageFile", "image_files", "open_image", "read_image", "write_image"]

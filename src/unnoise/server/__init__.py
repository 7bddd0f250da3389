"""A page and an HTTP API on this machine: a thin face over image files. Needs the extra ``web``."""

from unnoise.server.app import create_app
from unnoise.server.limits import Limits
from unnoise.server.serve import serve

__all__ = ["Limits", "create_app", "serve"]

"""Images in object stores and shared folders, denoised by the machines of a Ray cluster.

Example:
    >>> from unnoise.cluster import Worker
    >>> worker = Worker("s3://scans/in", "s3://scans/out")  # doctest: +SKIP
    >>> worker("page-1.tif")["status"]  # doctest: +SKIP
    'denoised'
"""

from unnoise.cluster.plan import ClusterPlan, plan
from unnoise.cluster.worker import Worker

__all__ = ["ClusterPlan", "Worker", "plan"]

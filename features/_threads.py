"""One BLAS thread, set before numpy loads: two cost much on shared cores and gain nothing.

Imported first by every package of nuzuh. A value that the environment already holds stays.
"""

from __future__ import annotations

import os

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

for _name in THREAD_VARIABLES:
    os.environ.setdefault(_name, "1")

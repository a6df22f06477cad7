"""The benchmark: this pipeline beside what people use instead, on one machine, in one run.

::

    python -m benchmarks --list                       the cells
    python -m benchmarks first-17mb                   one cell, written into docs/performance.md
    python -m benchmarks first-17mb -c floor -c bare  two contenders of it, shown and not kept
"""

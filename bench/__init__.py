"""What is measured, against whom, in one command: ``make bench``.

A row of the table is a module in :mod:`bench.rows` with ``run(bench) -> Iterable[Figure]``, found
by its name. It measures ours and the others' in the same run, on the same machine, and says so in
:class:`bench.figures.Figure`. The others are installed into a folder of their own by
:mod:`bench.others`.
"""

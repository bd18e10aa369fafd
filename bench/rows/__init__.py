"""The rows of the table, in the order of their names.

A row is one file::

    def run(bench: Bench) -> Iterable[Figure]:
        yield faster("what is measured", ours, "beside whom", theirs, at_least=1.5)

:mod:`bench.setting` has databases, a relay, an install and its workers; :mod:`bench.others` the
others. ``make bench ARGS="--scale 0.1 NAME"`` runs one for a look, without writing it down.
"""

"""Random ``kill -9`` of web and workers while the relay misbehaves by turns, then the invariants.

``make chaos`` runs it on both databases; :mod:`tests.chaos.test_chaos` runs it briefly.
"""

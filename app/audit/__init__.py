"""The audit log: who changed what, chained so that tampering shows."""

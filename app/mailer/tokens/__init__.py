"""Access tokens of the mail configuration: got, kept, renewed, and how they stand.

``store`` is the row, ``asking`` who is asked for what, ``source`` what a login gets its token from,
``renewing`` the chore, ``connecting`` how a person connects a mailbox (``person`` in this browser,
``device`` in another), ``status`` how it all stands.
"""

"""Nobody acts on the access of somebody who stands higher: the one rule, for every role and deed.

Two things are kept apart. *Access* to an account is the person's own: lifting its lock, mailing
its links, ending it. It takes standing as high as the person does, everywhere they stand.
*Belonging* to an organization is the organization's: its admins decide about every member, since
running the install is no rank in a customer's organization and no right to stay in it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rank:
    """Where somebody stands: in the install, and of which organizations (by id) they are admin.

    Of the one who acts, ``runs_install`` means that the console is open to them; of the one who is
    acted on, that they have the role, whether it is open to them yet or not.
    """

    runs_install: bool = False
    admin_of: frozenset[int] = frozenset()

    def may_act_on_access_of(self, person: Rank) -> bool:
        """Whether this stands as high as the other, everywhere the other does."""
        if self.runs_install:
            return True
        return not person.runs_install and person.admin_of <= self.admin_of

"""Organizations, their slugs and memberships."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.organizations.models import Membership, Organization
from app.organizations.service import (
    AlreadyMember,
    add_member,
    create_organization,
    membership_of,
    organization_by_slug,
    organizations_of,
    slug_of,
)
from app.runtime import Runtime
from tests.factories import make_user


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme", "acme"),
        ("  Acme   Robotics, Inc. ", "acme-robotics-inc"),
        ("Müller & Söhne", "muller-sohne"),
        ("Straße", "strasse"),
        ("株式会社", "zhu-shi-hui-she"),
        ("ООО Ромашка", "ooo-romashka"),
        ("Ελληνικά", "ellenika"),
        ("北京公司", "bei-jing-gong-si"),
        ("!!!", "organization"),
        ("../../etc", "etc"),
        ("<a>", "a"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_slug_can_be_read_whatever_script_the_name_is_in(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_a_second_organization_of_the_same_name_gets_a_slug_of_its_own(
    session: Session, runtime: Runtime
) -> None:
    first = create_organization(session, name="Globex", now=runtime.now())
    second = create_organization(session, name="GLOBEX", now=runtime.now())
    third = create_organization(session, name="Globex", now=runtime.now())
    assert [first.slug, second.slug, third.slug] == ["globex", "globex-2", "globex-3"]
    assert organization_by_slug(session, "globex-2") is second


def test_organizations_founded_at_once_under_one_name_all_succeed(runtime: Runtime) -> None:
    def found(_: int) -> str:
        with runtime.database.transaction() as session:
            return create_organization(session, name="Rush", now=runtime.now()).slug

    with ThreadPoolExecutor(6) as pool:
        slugs = list(pool.map(found, range(6)))
    assert len(set(slugs)) == 6
    assert "rush" in slugs


@pytest.mark.parametrize("name", ["", "   ", "x" * 65])
def test_a_name_is_neither_blank_nor_longer_than_64_characters(
    session: Session, runtime: Runtime, name: str
) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        create_organization(session, name=name, now=runtime.now())


def test_nobody_is_a_member_twice(session: Session, runtime: Runtime, admin: User) -> None:
    acme = organization_by_slug(session, "acme")
    assert acme is not None
    with pytest.raises(AlreadyMember):
        add_member(session, organization=acme, user=admin, role="member", now=runtime.now())
    membership = membership_of(session, organization=acme, user=admin)
    assert membership is not None
    assert membership.role == "admin"


def test_a_role_that_does_not_exist_is_refused(session: Session, runtime: Runtime) -> None:
    user = make_user(session, "kim@acme.test", organization_role=None)
    acme = organization_by_slug(session, "acme")
    assert acme is not None
    with pytest.raises(ValueError, match="owner"):
        add_member(session, organization=acme, user=user, role="owner", now=runtime.now())


def test_a_person_sees_their_own_organizations_by_name(session: Session, runtime: Runtime) -> None:
    user = make_user(session, "kim@acme.test")
    other = create_organization(session, name="Aardvark", now=runtime.now())
    create_organization(session, name="Not mine", now=runtime.now())
    add_member(session, organization=other, user=user, role="admin", now=runtime.now())
    found = [(b.organization.name, b.role) for b in organizations_of(session, user)]
    assert found == [("Aardvark", "admin"), ("Acme", "member")]


def test_two_additions_at_once_make_one_membership(runtime: Runtime, session: Session) -> None:
    user = make_user(session, "kim@acme.test", organization_role=None)
    session.commit()

    def add(_: int) -> bool:
        with runtime.database.transaction() as mine:
            acme = organization_by_slug(mine, "acme")
            assert acme is not None
            person = mine.get_one(User, user.id)
            try:
                add_member(mine, organization=acme, user=person, role="member", now=runtime.now())
            except AlreadyMember:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(add, range(6))) == 1
    count = select(func.count()).select_from(Membership).where(Membership.user_id == user.id)
    assert session.scalar(count) == 1
    assert session.scalar(select(func.count()).select_from(Organization)) == 1

"""Opens every sealed value to see whether it can be read; seals it anew with the newest key."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.crypto.box import Place, SealBroken, SealedBox
from app.database import Database
from app.sealing import SEALED_COLUMNS, SealedColumn


def _values(session: Session, column: SealedColumn) -> Iterator[tuple[object, str, Place]]:
    names = ", ".join((column.row, column.column, *column.beside))
    rows = session.execute(
        text(
            f"SELECT {names} FROM {column.table}"  # noqa: S608 - fixed names
            f" WHERE {column.column} IS NOT NULL ORDER BY {column.row}"
        )
    )
    yield from ((row[0], row[1], column.place_in(row)) for row in rows.all())


def examine(session: Session, box: SealedBox) -> tuple[int, list[str]]:
    """How many values are sealed, and a sentence for each that does not open."""
    total, broken = 0, []
    for column in SEALED_COLUMNS:
        for _, sealed, place in _values(session, column):
            total += 1
            try:
                box.open(sealed, place)
            except SealBroken as problem:
                broken.append(str(problem))
    return total, broken


def keys_in_use(session: Session) -> set[str]:
    """The ids of the keys that some stored value was sealed with."""
    return {
        SealedBox.key_id_of(sealed)
        for column in SEALED_COLUMNS
        for _, sealed, _ in _values(session, column)
    }


def reseal(database: Database, box: SealedBox) -> tuple[int, list[str]]:
    """Seal every value under the newest key, each in its own transaction.

    A value that changed meanwhile is left to the one who changed it: the update asks for the
    old ciphertext. So a run can be killed anywhere and repeated.
    """
    moved, broken = 0, []
    newest = box.ring.newest.id
    for column in SEALED_COLUMNS:
        with database.session(reading=True) as session:
            values = list(_values(session, column))
        for row, sealed, place in values:
            if box.key_id_of(sealed) == newest:
                continue
            try:
                renewed = box.seal_again(sealed, place)
            except SealBroken as problem:
                broken.append(str(problem))
                continue
            with database.transaction() as session:
                session.execute(
                    text(
                        f"UPDATE {column.table} SET {column.column} = :renewed"  # noqa: S608
                        f" WHERE {column.row} = :row AND {column.column} = :sealed"
                    ),
                    {"renewed": renewed, "row": row, "sealed": sealed},
                )
            moved += 1
    return moved, broken

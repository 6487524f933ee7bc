"""Search texts and sort keys as this version makes them: accents were spelt as in the file's name before.

The texts are derived from titles, file names, tags, names and events, so they are made again.
"""

import json
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_MAX_KEY = 300


def upgrade() -> None:
    """Make the texts of all analyses again."""
    connection = op.get_bind()
    columns = [sa.column("id"), sa.column("title"), sa.column("source"), sa.column("edits", sa.Text)]
    columns += [sa.column("words"), sa.column("title_key")]
    analyses, tags = (
        sa.table("analyses", *columns),
        sa.table("analysis_tags", sa.column("analysis_id"), sa.column("tag")),
    )
    of_analysis: dict[str, list[str]] = {}
    for entry_id, tag in connection.execute(sa.select(tags.c.analysis_id, tags.c.tag).order_by(tags.c.tag)):
        of_analysis.setdefault(entry_id, []).append(str(tag))
    edits = sa.cast(analyses.c.edits, sa.Text)
    for entry_id, title, source, stored in connection.execute(
        sa.select(analyses.c.id, analyses.c.title, analyses.c.source, edits)
    ).all():
        words = _folded("\n".join([str(title), str(source), *of_analysis.get(entry_id, []), *_texts(stored)]))
        changed = sa.update(analyses).where(analyses.c.id == entry_id)
        connection.execute(changed.values(words=words, title_key=_folded(str(title))[:_MAX_KEY]))


def _folded(text: str) -> str:
    """Return text as ``emotion.library.entries.folded`` does in this revision."""
    one_spelling = unicodedata.normalize("NFC", text).casefold()
    return "".join(sign if sign.isprintable() else " " for sign in one_spelling)


def _texts(edits: object) -> list[str]:
    """Return the names and labels in stored edits; none if the row is damaged, which must not stop an upgrade."""
    try:
        found = json.loads(str(edits))
        return [*map(str, found["names"].values()), *(str(event["label"]) for event in found["events"])]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def downgrade() -> None:
    """Leave the texts: older versions make them again when they change."""

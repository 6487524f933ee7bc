"""Alembic's environment, which uses the library's connection."""

from alembic import context

from emotion.library.orm import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()

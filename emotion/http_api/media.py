"""Formats of results, with their media types and OpenAPI description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query

JSON, CSV, PARQUET = "json", "csv", "parquet"
RESULT_TYPES = {JSON: "application/json", CSV: "text/csv", PARQUET: "application/vnd.apache.parquet"}
FormatOf = Annotated[Literal["json", "csv", "parquet"], Query(description="Format of the result.")]
_BINARY = {"schema": {"type": "string", "format": "binary"}}


def produces(description: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of an answer as CSV or Parquet; JSON is described by the operation's model."""
    tables = {RESULT_TYPES[CSV]: {"schema": {"type": "string"}}, RESULT_TYPES[PARQUET]: _BINARY}
    return {200: {"description": description, "content": tables}}

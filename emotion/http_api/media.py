"""Media types of results, and their description in OpenAPI."""

from __future__ import annotations

from typing import Any

JSON, CSV, PARQUET = "json", "csv", "parquet"
RESULT_TYPES = {JSON: "application/json", CSV: "text/csv", PARQUET: "application/vnd.apache.parquet"}
_BINARY = {"schema": {"type": "string", "format": "binary"}}


def produces(description: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of an answer in one of the result formats."""
    tables = {RESULT_TYPES[CSV]: {"schema": {"type": "string"}}, RESULT_TYPES[PARQUET]: _BINARY}
    return {200: {"description": description, "content": tables}}

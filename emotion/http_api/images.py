"""``POST /images``: the faces of one picture. Nothing is stored."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from emotion.csv_text import csv_bytes
from emotion.engine.analyzer import Analyzer
from emotion.errors import EmotionError
from emotion.http_api.auth import ContextOf, OwnRepository
from emotion.http_api.bodies import Received, body_schema, receiving
from emotion.http_api.media import CSV, PARQUET, RESULT_TYPES, FormatOf, produces
from emotion.http_api.problems import unreadable
from emotion.http_api.schemas import PictureOut
from emotion.library.entries import clean_title
from emotion.report.picture_records import image_record, image_table
from emotion.types import FrameResult
from emotion.vision.uploaded import load_uploaded

router = APIRouter(tags=["pictures"])
_POOL = ThreadPoolExecutor(max(2, os.cpu_count() or 2), "pictures")
"""Its number of threads is the maximum number of pictures in memory; the others wait on disk. All pictures use
the same threads, because the C library keeps memory for each thread that ever held one."""


@router.post(
    "/images",
    response_model=PictureOut,
    summary="Find the faces of a picture and their expressions",
    openapi_extra=body_schema("image"),
    responses=produces("The faces of the picture."),
)
async def analyse_image(
    request: Request,
    repository: OwnRepository,
    context: ContextOf,
    format: FormatOf = "json",
    model: Annotated[str, Query(max_length=100, description="A name from `/models`, or `default`.")] = "default",
    name: Annotated[str, Query(max_length=300, description="Name of the file, if the body has none.")] = "picture",
) -> Response:
    """Analyse one picture: JPEG, PNG, WebP, HEIC and others. Repeating a request gives the same answer."""
    async with receiving(request, repository.owner, context.request_limits, clean_title(name)) as received:

        def work() -> Response:
            return _answer(context.analyzer(model), received, format)

        return await asyncio.get_running_loop().run_in_executor(_POOL, work)


def _answer(analyzer: Analyzer, received: Received, format_name: str) -> Response:
    name = clean_title(Path(received.name.replace("\\", "/")).name)
    result = _analyse(analyzer, received.file, name)
    if format_name == "csv":
        return Response(csv_bytes(image_table(result, name)), media_type=RESULT_TYPES[CSV])
    if format_name == "parquet":
        return Response(_parquet(result, name), media_type=RESULT_TYPES[PARQUET])
    return JSONResponse(image_record(result, name))


def _analyse(analyzer: Analyzer, file: BinaryIO, name: str) -> FrameResult:
    try:
        return analyzer.image(load_uploaded(file.read(), name))
    except EmotionError:
        raise
    except Exception as error:  # a decoder may raise anything
        raise unreadable(error, name, "a picture") from error


def _parquet(result: FrameResult, name: str) -> bytes:
    table: Any = pa.Table.from_pandas(image_table(result, name), preserve_index=False)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())

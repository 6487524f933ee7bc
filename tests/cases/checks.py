"""Every case: folder, command, right answer and judge."""

from __future__ import annotations

from tests.cases.command import Case
from tests.cases.films import (
    films,
    judge_flipped,
    judge_glitch,
    judge_lengths,
    judge_light,
    judge_narrow,
    judge_one_video,
    judge_pixels,
    judge_sizes,
    judge_sparse_glitch,
    judge_stems,
    judge_turned,
)
from tests.cases.pictures import faces, judge_sources, judge_upside_down, portraits
from tests.cases.tables import judge_divergence, judge_empty_run, judge_import, judge_names, judge_spelling

VIDEO, IMAGE = "emotion video {case} --out {out}", "emotion image {case}/{files} --out {out}"
TABLE = "training prepare fer2013-csv --source {cases}/nan-loss/fer2013.csv --out {out}/data"

TRAIN = "training train --model shallow --data {out}/data --runs {out}/runs --name n --epochs 1 --learning-rate 1e30"

SMILE = "one smiling person in every frame at 256,106..387,257"


def image(files: str) -> str:
    return IMAGE.replace("{files}", files)


CHECKS: tuple[Case, ...] = (
    Case("anamorphic", VIDEO, f"640×360, {SMILE}, happiness alike in both", judge_pixels),
    Case("broken-exif", image("*.jpg"), "both upright, a smile at 178,67..272,174", portraits("good", "bad")),
    Case("cat", image("cat.png"), "no face", faces(cat=0)),
    Case("clock-glitch", VIDEO, "100 frames; those after the glitch at 1.24..3.96 s ±0.04", judge_glitch),
    Case("clock-glitch", f"{VIDEO} --fps 5", "20 frames, or 21; none at 1001 s", judge_sparse_glitch),
    Case("cover-first", VIDEO, f"640×360, 100 of 100 frames, {SMILE}", films(100, length_s=4.0)),
    Case("cover-first", f"{VIDEO} --fps 5", "20 of 20 frames", films(20, length_s=4.0)),
    *(
        Case(
            "csv-spellings",
            f"training prepare fer2013-csv --source {{case}}/{name}.csv --out {{out}}",
            "30 faces read, or one sentence that names the spelling",
            judge_spelling,
        )
        for name in ("semicolon", "names", "float", "brack", "utf16")
    ),
    Case("file-like", "python {case}/try.py", "1 face for the first four, messages for others, no RAW", judge_sources),
    Case(
        "float-tiff-nan", image("*.[tp][in][fg]"), "a smile at 178,66..273,175 in each; no warning", portraits(*"12345")
    ),
    Case(
        "formula-name",
        "emotion video {cases}/narrow/b_ok.mp4 --out {out} && emotion export {out}/b_ok.timeline.parquet --format csv "
        "--edits {case}/edits.json --out {out}/named.csv",
        "the name neutralised, a BOM",
        judge_names,
    ),
    Case("hdr-washed", VIDEO, "one smiling person in every frame; white near 255", judge_light),
    Case(
        "import-one-file",
        f"{TABLE} && training import --model {{case}}/model.h5 --name strangers --data {{out}}/data",
        "imported from the one file",
        judge_import,
    ),
    Case("jpeg-no-end", image("no-eoi.jpg"), "a smile at 178,66..273,175", portraits("no-eoi")),
    Case("mac-shadow-files", VIDEO, "one video, exit 0", judge_one_video),
    Case("mac-shadow-files", "emotion batch {case} --out {out} --workers 1", "one video, exit 0", judge_one_video),
    Case("nan-loss", f"{TABLE} && {TRAIN}", "one sentence (lower the rate), exit 2", judge_divergence),
    Case(
        "nan-loss",
        f"{TABLE} && {TRAIN} ; training export --run {{out}}/runs/n --data {{out}}/data",
        "refused in one sentence, exit 2",
        judge_empty_run,
    ),
    Case("narrow", VIDEO, "no face in a_narrow.mp4; b_ok.mp4 and summary.csv written; exit 0", judge_narrow),
    Case("narrow", image("*.png"), "no face in either, exit 0", faces(strip=0, w1=0)),
    Case("phone-formats", image("photo.avif"), "read: a smile at 178,67..272,174", portraits("photo")),
    Case("png-long-text", image("*.png"), "a smile at 179,67..272,174 in each", portraits(*"123")),
    Case("preview-stream-first", VIDEO, f"640×360, 100 of 100 frames, {SMILE}", films(100)),
    Case("same-name-pictures", image("*/1.jpg"), "two sets of results", faces(happy=1, sad=0)),
    Case("same-stem-videos", VIDEO, "three timelines, of 25, 20 and 1 frames", judge_stems),
    Case(
        "selfie-mirrored",
        "emotion video {case}/transpose.mp4 --out {out}",
        "box 105,255..255,385, roll -93°",
        judge_turned,
    ),
    Case(
        "selfie-mirrored",
        "emotion video {case}/vflip.mp4 --out {out}",
        "upside down as shown: no upright face with an answer",
        judge_flipped,
    ),
    Case(
        "size-change",
        "emotion video {case}/reschange.h264 --out {out}",
        "one person; both halves at 256,106..387,257",
        judge_sizes,
    ),
    Case("upside-down", image("upside.png"), "one smiling face, or a hint to turn the picture", judge_upside_down),
    Case("wrong-length", VIDEO, "4.0, 4.0, 5.5 to 6.0, at least 3.92 s", judge_lengths),
)

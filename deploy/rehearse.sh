#!/bin/sh
# Does what the Dockerfile's steps do, without a container engine: a clean environment, only the files that are copied,
# owned by root, and the app run by a user without a name. Takes minutes and a gigabyte or two; run it as root.
# Usage: deploy/rehearse.sh EMPTY_FOLDER [PYTHON]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
stage=$1 python=${2:-python3.11} user=10001 port=${PORT:-8599}
mkdir -p "$stage/app" "$stage/library" "$stage/tmp"
stage=$(cd "$stage" && pwd)

echo "== packages"
[ -x "$stage/packages/bin/python" ] || "$python" -m venv "$stage/packages"
left_out=$(sed -n "s/.*grep -vE '\([^']*\)'.*/\1/p" "$root/deploy/Dockerfile")
grep -vE "$left_out" "$root/requirements.txt" > "$stage/app.txt"
"$stage/packages/bin/pip" install --quiet --no-cache-dir --no-deps --disable-pip-version-check -r "$stage/app.txt"

echo "== files"
grep '^COPY [^-]' "$root/deploy/Dockerfile" | grep -v requirements.txt | while read -r _ rest; do
    target=${rest##* }
    for name in ${rest% *}; do
        if [ "$target" = ./ ]; then
            cp "$root/$name" "$stage/app/"
        else
            mkdir -p "$stage/app/$(dirname "$target")"
            cp -R "$root/$name" "$stage/app/$(dirname "$target")/"
        fi
    done
done
# What .dockerignore keeps out.
find "$stage/app" \( -name __pycache__ -o -name '*.keras' -o -name 'weights.h5' -o -name secrets.toml \) -prune -exec rm -rf {} +
(cd "$stage/app" && "$stage/packages/bin/python" -m compileall -q emotion ui pages server.py streamlit_app.py)
chmod -R go-w,a+rX "$stage/app" "$stage/packages"
chown -R $user:$user "$stage/library" "$stage/tmp"
chmod 700 "$stage/library"
du -sm "$stage/packages" "$stage/app" | sed 's/$/ (MB)/'

as_user() {
    (cd "$stage/app" && exec setpriv --reuid=$user --regid=$user --clear-groups --no-new-privs --bounding-set=-all \
        env -i PATH="$stage/packages/bin:/usr/bin:/bin" HOME=/nonexistent TMPDIR="$stage/tmp" LANG=C.UTF-8 \
        EMOTION_LIBRARY="$stage/library" STREAMLIT_SERVER_PORT="$port" "$@")
}

echo "== models"
as_user python -m emotion models
echo "== app"
as_user python -m streamlit run server.py --server.address=127.0.0.1 --server.headless=true &
app=$!
trap 'kill $app 2>/dev/null || true' EXIT
tries=0
until as_user python health.py 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] && kill -0 $app || { echo "the app is not well" >&2; exit 1; }
    sleep 1
done
echo "healthy after $tries s"
echo "== a picture, a video and a backup"
as_user python -c "from pathlib import Path; from emotion.samples import make_clip; make_clip(Path('$stage/tmp/clip.mp4'))"
as_user python -m emotion video "$stage/tmp/clip.mp4" --out "$stage/tmp/out"
as_user python -m emotion library backup "$stage/tmp/backup.tar"
if as_user sh -c 'touch emotion/x 2>/dev/null'; then echo "the user can write the program" >&2; exit 1; fi
echo "whole"

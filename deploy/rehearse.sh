#!/bin/sh
# Rehearses the Dockerfile's steps without a container engine: installs the wheel in a new environment, and runs the app
# as a user that can write only to its library. Takes minutes and about 1.5 GB; run it as root.
# Usage: deploy/rehearse.sh EMPTY_FOLDER [PYTHON]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
stage=$1 python=${2:-python3.11} user=10001 port=${PORT:-8599}
mkdir -p "$stage/app" "$stage/library" "$stage/tmp"
stage=$(cd "$stage" && pwd)

echo "== packages"
[ -x "$stage/packages/bin/python" ] || "$python" -m venv "$stage/packages"
"$stage/packages/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check \
    --constraint "$root/requirements.txt" "$root[app]"
cp "$root/deploy/health.py" "$stage/app/"
chmod -R go-w,a+rX "$stage/app" "$stage/packages"
chown -R $user:$user "$stage/library" "$stage/tmp"
chmod 700 "$stage/library"
du -sm "$stage/packages" | sed 's/$/ (MB)/'

as_user() {
    (cd "$stage/app" && exec setpriv --reuid=$user --regid=$user --clear-groups --no-new-privs --bounding-set=-all \
        env -i PATH="$stage/packages/bin:/usr/bin:/bin" HOME=/nonexistent TMPDIR="$stage/tmp" LANG=C.UTF-8 \
        EMOTION_LIBRARY="$stage/library" STREAMLIT_SERVER_PORT="$port" "$@")
}

echo "== models"
as_user emotion models
echo "== app"
as_user emotion app --address=127.0.0.1 --port="$port" --headless &
app=$!
trap 'kill $app 2>/dev/null || true' EXIT
tries=0
until as_user python health.py 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] && kill -0 $app || { echo "the app does not answer" >&2; exit 1; }
    sleep 1
done
echo "healthy after $tries s"
echo "== a picture, a video and a backup"
as_user python -c "from pathlib import Path; from emotion.samples import make_clip; make_clip(Path('$stage/tmp/clip.mp4'))"
as_user emotion video "$stage/tmp/clip.mp4" --out "$stage/tmp/out"
as_user emotion library backup "$stage/tmp/backup.tar"
if as_user sh -c 'touch x 2>/dev/null'; then echo "the user can write the program" >&2; exit 1; fi
echo "done"

#!/bin/sh
# The browser tests drive a real Chromium. Takes the one that is there, else Debian's package.
set -eu
if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "expected a Chromium for the browser tests; install one (this machine has no apt-get) and run make test again" >&2
    exit 2
fi
if [ "$(id -u)" -eq 0 ]; then as_root=""; elif command -v sudo >/dev/null 2>&1; then as_root="sudo"; else
    echo "expected a Chromium for the browser tests; ask an administrator for: apt-get install chromium" >&2
    exit 2
fi
$as_root apt-get update -q
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends chromium

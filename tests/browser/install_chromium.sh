#!/bin/sh
# The browser tests drive a real Chromium. Takes the one that is there, else Debian's package.
set -eu
if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; then
    exit 0
fi
exec sh "$(dirname "$0")/../apt_install.sh" chromium "expected a Chromium for the browser tests" 2

#!/bin/sh
# The browser tests drive Chromium through Playwright, whose bundled Node.js needs libatomic. Installs the Debian packages
# that are missing. The headless shell is Chromium without windows, with which the tests take less time; an installed
# Chromium will do where it cannot be had.
set -eu
here=$(dirname "$0")
playwright="$here/../../.venv/bin/playwright"
if ! "$playwright" --version >/dev/null 2>&1; then
    sh "$here/../apt_install.sh" libatomic1 "expected libatomic1 for Playwright's Node.js" 2
    "$playwright" --version >/dev/null
fi
if command -v chromium-headless-shell >/dev/null 2>&1; then
    exit 0
fi
if sh "$here/../apt_install.sh" chromium-headless-shell "no headless shell of Chromium can be installed" 2; then
    exit 0
fi
if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; then
    exit 0
fi
exec sh "$here/../apt_install.sh" chromium "expected a Chromium for the browser tests" 2

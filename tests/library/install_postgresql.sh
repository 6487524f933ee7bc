#!/bin/sh
# The library's tests run on a real PostgreSQL server of their own. Takes the programs that are there, else Debian's.
set -eu
if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
exec sh "$(dirname "$0")/../apt_install.sh" postgresql "no PostgreSQL server: the tests on it will be skipped" 0

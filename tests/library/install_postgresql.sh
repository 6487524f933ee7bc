#!/bin/sh
# The library's tests start a PostgreSQL server. Installs Debian's package if its programs are missing.
set -eu
if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
exec sh "$(dirname "$0")/../apt_install.sh" postgresql "no PostgreSQL server: tests with PostgreSQL will be skipped" 0

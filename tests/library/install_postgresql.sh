#!/bin/sh
# The library's tests run on a real PostgreSQL server of their own. Takes the programs that are there, else Debian's.
set -eu
if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "no PostgreSQL server is installed and this machine has no apt-get: the tests on PostgreSQL will be skipped" >&2
    exit 0
fi
if [ "$(id -u)" -eq 0 ]; then as_root=""; elif command -v sudo >/dev/null 2>&1; then as_root="sudo"; else
    echo "the tests on PostgreSQL will be skipped; an administrator can run: apt-get install postgresql" >&2
    exit 0
fi
$as_root apt-get update -q
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends postgresql

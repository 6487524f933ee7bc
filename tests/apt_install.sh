#!/bin/sh
# Installs a Debian package that the tests need. Arguments: the package, and the message and exit status if it cannot be
# installed.
set -eu
package=$1 missing=$2 status=$3
if ! command -v apt-get >/dev/null 2>&1; then
    echo "$missing (this machine has no apt-get)" >&2
    exit "$status"
fi
if [ "$(id -u)" -eq 0 ]; then as_root=""; elif command -v sudo >/dev/null 2>&1; then as_root="sudo"; else
    echo "$missing; ask an administrator for: apt-get install $package" >&2
    exit "$status"
fi
$as_root apt-get update -q
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends "$package"

#!/bin/sh
# The tests of what is deployed run a real nginx in front of the app. Takes the one that is there, else Debian's package.
set -eu
if command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ]; then
    exit 0
fi
exec sh "$(dirname "$0")/../apt_install.sh" nginx-light "no nginx: the tests behind it will be skipped" 0

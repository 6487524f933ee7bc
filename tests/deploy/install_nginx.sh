#!/bin/sh
# The deployment tests run nginx in front of the app. Installs Debian's package if there is no nginx.
set -eu
if command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ]; then
    exit 0
fi
exec sh "$(dirname "$0")/../apt_install.sh" nginx-light "no nginx: tests with nginx will be skipped" 0

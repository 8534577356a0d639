#!/usr/bin/env bash
# Installs what building, testing and running the lab need, on Debian 12 with Swift. Idempotent, quiet when there
# is nothing to do. System daemons are not started: the lab runs its own.
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lab/ports.sh"

# libraries of the server; the lab's servers and its SIP phones; what their scripts call; for the generator below
packages=(openssl libpq-dev libphonenumber-dev librabbitmq-dev zlib1g-dev pkg-config
  postgresql postgresql-client rabbitmq-server sip-tester libtiff-tools sox ghostscript
  ca-certificates curl debian-archive-keyring python3-venv)

command -v swift >/dev/null || { echo "setup: Swift 6.2 or later is needed in PATH (swift.org/install)" >&2; exit 1; }
command -v apt-get >/dev/null || { echo "setup: this needs Debian 12 (apt-get); install by hand: ${packages[*]}" >&2; exit 1; }

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done

# get-asterisk.sh asks apt for the mirror's address: that needs the package lists.
lists_needed() {
  [ ! -e "$LAB_PREFIX/.complete" ] &&
    [ -z "$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Created-By: Packages' 2>/dev/null)" ]
}

apt=(apt-get -qq -o DPkg::Lock::Timeout=240)
root=()
become_root() {
  [ "$(id -u)" = 0 ] && return
  if command -v sudo >/dev/null; then root=(sudo); return; fi
  echo "setup: please run as root, then try again:" >&2
  echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
  exit 1
}

# A package that brings a daemon must not start it: policy-rc.d says no, for the time of the installation.
install_missing() {
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
    trap '"${root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
}

if [ ${#missing[@]} -gt 0 ] || lists_needed; then
  become_root
  echo "setup: apt-get update"
  "${root[@]}" "${apt[@]}" update
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  install_missing
fi
if [ ! -e "$LAB_PREFIX/.complete" ]; then
  echo "setup: unpacking a private Asterisk into $LAB_PREFIX"
  "$LAB_SCRIPTS/get-asterisk.sh"
fi
# A generator of requests from the API document, which the security tests run beside their own.
generator=$(dirname "$LAB_PREFIX")/schemathesis
if [ ! -e "$generator/.complete" ]; then
  echo "setup: installing schemathesis into $generator"
  rm -rf "$generator"
  /usr/bin/python3 -m venv "$generator"
  "$generator/bin/pip" install --quiet --disable-pip-version-check 'schemathesis==4.32.5'
  touch "$generator/.complete"
fi

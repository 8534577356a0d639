#!/usr/bin/env bash
# Unpacks a private Asterisk (Debian sid's package and every library it needs, libc included) below $LAB_PREFIX.
# Nothing is installed on the host, no maintainer script runs, root is not needed. The mirror is the one that
# the machine's own apt configuration names.
#   LAB_PREFIX        where (default: ~/.cache/tandem-lab/prefix)
#   LAB_AST_SUITE     suite (default: sid)
#   LAB_AST_MAJOR     refuse an older major version, warn at a newer one (default: 22; empty: accept any)
#   LAB_AST_VERSION   exact Debian version wanted; if the mirror has moved on we warn and take its candidate,
#                     or fail when LAB_AST_STRICT=1
#   LAB_DEB_CACHE     directory that keeps the .deb files; a complete one (with its MANIFEST) lets the script
#                     run offline and gives the same bytes again
set -euo pipefail
prefix=${LAB_PREFIX:-${XDG_CACHE_HOME:-$HOME/.cache}/tandem-lab/prefix}
suite=${LAB_AST_SUITE:-sid}
major=${LAB_AST_MAJOR-22}
packages=(asterisk asterisk-core-sounds-en-gsm asterisk-moh-opsound-gsm)

say() { echo "get-asterisk: $*" >&2; }
done_already() { [ -e "$prefix/.complete" ] && cat "$prefix/.complete"; }

# The Debian archive that this machine already uses, never a host name of our own.
debian_archive() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' 2>/dev/null | head -n1)
  [ -n "$uri" ] || uri=$(. /etc/os-release; apt-get indextargets --format '$(REPO_URI)' "Codename: $VERSION_CODENAME" 2>/dev/null | head -n1)
  [ -n "$uri" ] || { say "apt knows no Debian archive; run 'apt-get update' first"; return 1; }
  echo "$uri"
}

# An apt of our own: own lists, and an empty dpkg status, so that the whole closure counts as missing.
private_apt() {
  local uri
  uri=$(debian_archive)
  mkdir -p "$work/state/lists/partial" "$work/cache" "$work/etc/parts"
  : >"$work/status"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$uri" "$suite" >"$work/etc/sources.list"
  apt_options=(-q -o Dir::State="$work/state" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache"
    -o Dir::Cache::archives="$debs" -o Dir::Etc::sourcelist="$work/etc/sources.list"
    -o Dir::Etc::sourceparts="$work/etc/parts" -o Dir::Etc::preferences="$work/etc/none"
    -o Dir::Etc::preferencesparts="$work/etc/parts" -o APT::Sandbox::User="$(id -un)"
    -o Acquire::Languages=none -o Acquire::Retries=3 -o Debug::NoLocking=1)
  apt-get "${apt_options[@]}" update >"$work/update.log" 2>&1 || { cat "$work/update.log" >&2; return 1; }
}

# The Debian version to take: the pinned one if the mirror still has it, else its candidate.
choose_version() {
  local candidate wanted
  candidate=$(apt-cache "${apt_options[@]}" policy asterisk | sed -n 's/^ *Candidate: //p')
  wanted=$candidate
  if [ -n "${LAB_AST_VERSION:-}" ]; then
    if apt-cache "${apt_options[@]}" madison asterisk | awk '{print $3}' | grep -qxF "$LAB_AST_VERSION"; then
      wanted=$LAB_AST_VERSION
    elif [ "${LAB_AST_STRICT:-0}" = 1 ]; then
      say "$LAB_AST_VERSION is gone, the mirror has $candidate"; return 3
    else
      say "warning: $LAB_AST_VERSION is gone, taking $candidate"
    fi
  fi
  check_major "$wanted" || return 3
  echo "$wanted"
}

check_major() { # Debian version
  local version=${1#*:} found
  found=${version%%.*}
  [ -z "$major" ] || [ "$found" = "$major" ] && return
  if [ "$found" -gt "$major" ] && [ "${LAB_AST_STRICT:-0}" != 1 ]; then
    say "warning: the mirror has asterisk $1, newer than $major.x"
  else
    say "the mirror has asterisk $1, not $major.x"; return 1
  fi
}

download() {
  local version
  private_apt
  version=$(choose_version)
  packages[0]="asterisk=$version"
  rm -f "$debs"/*.deb
  apt-get "${apt_options[@]}" -y --no-install-recommends --download-only install "${packages[@]}" \
    >"$work/download.log" 2>&1 || { tail -20 "$work/download.log" >&2; return 1; }
  (cd "$debs" && sha256sum ./*.deb >MANIFEST)
}

unpack() {
  mkdir -p "$root"
  export root
  printf '%s\0' "$debs"/*.deb | xargs -0 -n1 -P"$(nproc)" sh -c '
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$root" --no-same-owner --skip-old-files --delay-directory-restore \
      --exclude="./usr/share/doc" --exclude="./usr/share/man" --exclude="./usr/share/locale" \
      --exclude="./usr/share/info" --exclude="./usr/share/perl*" --exclude="./usr/lib/*-linux-gnu/perl*" \
      2>/dev/null || exit 255' _
  # Debian's configuration samples are for Asterisk's user alone; here another user reads them.
  chmod -R a+rX "$root"
  # what maintainer scripts would have linked
  [ -e "$root/usr/share/asterisk/sounds/en" ] || ln -s en_US_f_Allison "$root/usr/share/asterisk/sounds/en"
}

# The program is started with its own dynamic loader and libraries, nothing of the host's. argv[0] must be the
# wrapper's path, for `core restart now`.
write_wrapper() {
  local loader libdir
  loader=$(find "$root/usr/lib" -name 'ld-linux*.so.*' -path '*-linux-gnu*' | head -n1)
  libdir=$(dirname "${loader#"$root"}")
  cat >"$root/asterisk" <<WRAPPER
#!/bin/sh
P=\$(CDPATH= cd -- "\$(dirname -- "\$0")" && pwd)
exec "\$P$libdir/$(basename "$loader")" --argv0 "\$P/asterisk" --library-path "\$P$libdir:\$P$libdir/asterisk" "\$P/usr/sbin/asterisk" "\$@"
WRAPPER
  chmod 755 "$root/asterisk"
  cp "$debs/MANIFEST" "$root/MANIFEST"
  echo "$("$root/asterisk" -V) libdir=$libdir packages=$(wc -l <"$root/MANIFEST")" >"$root/.complete"
}

done_already && exit 0
mkdir -p "$(dirname "$prefix")"
exec 9>"$prefix.lock"
flock 9
done_already && exit 0

# Built aside and renamed at the end: an interrupted run leaves nothing half done.
work=$(mktemp -d "$(dirname "$prefix")/.get-asterisk.XXXXXX")
trap 'rm -rf "$work"' EXIT
debs=${LAB_DEB_CACHE:-$work/debs}
root=$work/root
mkdir -p "$debs/partial"
if [ -s "$debs/MANIFEST" ] && (cd "$debs" && sha256sum --quiet -c MANIFEST) 2>/dev/null; then
  say "using the kept packages in $debs"
else
  download
fi
unpack
write_wrapper
rm -rf "$prefix"
mv "$root" "$prefix"
chmod 755 "$prefix"
cat "$prefix/.complete"

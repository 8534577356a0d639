# Sourced: as whom the lab and the tests run. In production neither Asterisk nor Tandem is root, so root is not here
# either: whoever is root becomes LAB_USER, an ordinary user that is made when it is missing.
#   LAB_USER  default tandem-lab; root: stay who you are
: "${LAB_USER:=tandem-lab}"
LAB_USER_HOME=/var/lib/$LAB_USER

is_root() { [ "$(id -u)" = 0 ] && [ "$LAB_USER" != root ]; }

# The user with a home of their own. Idempotent.
make_user() {
  if ! id "$LAB_USER" >/dev/null 2>&1; then
    useradd --system --user-group --no-create-home --home-dir "$LAB_USER_HOME" --shell /bin/bash "$LAB_USER"
  fi
  if [ ! -d "$LAB_USER_HOME" ]; then install -d -m 755 -o "$LAB_USER" -g "$LAB_USER" "$LAB_USER_HOME"; fi
}

# Replaces the shell by a command of that user. Of the environment stays what names no place of root's.
as_user() { # command...
  exec env -u XDG_RUNTIME_DIR -u XDG_CACHE_HOME -u SUDO_USER HOME="$LAB_USER_HOME" USER="$LAB_USER" LOGNAME="$LAB_USER" \
    LAB_USER="$LAB_USER" setpriv --reuid="$LAB_USER" --regid="$LAB_USER" --init-groups --inh-caps=-all -- "$@"
}

# Lets the user reach the folders above a path. In continuous integration a clone may lie in root's home; anywhere else
# nobody's folders are opened behind their back.
make_reachable() { # path
  local folder=$1
  while [ "$folder" != / ]; do
    if ! (as_user test -x "$folder") && [ -d "$folder" ]; then
      if [ "${CI:-}" != true ]; then
        echo "lab: user $LAB_USER cannot enter $folder; move the project, or: chmod o+x $folder" >&2
        return 1
      fi
      echo "lab: chmod o+x $folder, for user $LAB_USER"
      chmod o+x "$folder"
    fi
    folder=$(dirname "$folder")
  done
}

# For scripts that start, stop or ask a server: root goes on as who has the lab, or as LAB_USER when it is new.
become_owner() { # script arguments...
  is_root || return 0
  if [ -e "$LAB_STATE" ]; then
    LAB_USER=$(stat -c %U "$LAB_STATE")
    is_root || return 0
    LAB_USER_HOME=$(getent passwd "$LAB_USER" | cut -d: -f6)
  else
    make_user
    make_reachable "$LAB_ROOT"
  fi
  as_user "$@"
}

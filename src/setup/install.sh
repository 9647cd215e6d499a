#!/bin/sh
# Installs this release of Drumbeat on a machine with systemd, or removes Drumbeat.
set -eu

usage() {
  cat <<'TEXT'
  ./install.sh [--root DIR]                     installs this release, or upgrades to it
  ./install.sh remove [--purge] [--root DIR]    removes Drumbeat; --purge also removes configuration, secrets, data and user

Files:
  /opt/drumbeat/releases/VERSION        a release with its Node; /opt/drumbeat/current is the release in use
  /etc/drumbeat/drumbeat.yaml           settings; upgrades keep them
  /etc/drumbeat/credentials             secrets, one file each, which systemd gives to the service
  /var/lib/drumbeat                     data
  /usr/local/lib/systemd/system         units: drumbeat, and drumbeat@ for several servers on one machine
  /usr/local/bin/drumbeat               the command

--root DIR puts all files below DIR, and changes no users and services of this machine.
TEXT
}

die() {
  code=$1
  shift
  echo "install.sh: $*" >&2
  exit "$code"
}

# Whether systemd runs here, so that services can be restarted.
has_systemd() { [ -z "$root" ] && [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }

running_units() {
  systemctl list-units --plain --no-legend --state=active drumbeat.service 'drumbeat@*.service' | cut -d ' ' -f 1
}

ensure_user() {
  [ -z "$root" ] || return 0
  id drumbeat >/dev/null 2>&1 && return 0
  useradd --system --user-group --no-create-home --home-dir /var/lib/drumbeat --shell /usr/sbin/nologin drumbeat
}

# give OWNER MODE FILE: sets the owner only without --root, because below another root the user may not exist.
give() {
  [ -n "$root" ] || chown "$1" "$3"
  chmod "$2" "$3"
}

put_release() {
  mkdir -p "$app/releases"
  staged=$app/releases/.$version.new
  rm -rf "$staged"
  cp -RP "$here" "$staged"
  rm -rf "$app/releases/.$version.old"
  if [ -e "$app/releases/$version" ]; then mv "$app/releases/$version" "$app/releases/.$version.old"; fi
  mv "$staged" "$app/releases/$version"
  rm -rf "$app/releases/.$version.old"
  # The link is renamed, so that there is always a release in use.
  ln -s "releases/$version" "$app/.current.new"
  mv -T "$app/.current.new" "$app/current"
}

put_configuration() {
  mkdir -p "$etc" "$root/var/lib/drumbeat"
  give drumbeat:drumbeat 0700 "$root/var/lib/drumbeat"
  if [ ! -e "$etc/credentials" ]; then
    (umask 077 && mkdir "$etc/credentials")
    for name in AUTH_JWT_SECRET ADMIN_TOKEN; do
      (umask 077 && od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' >"$etc/credentials/$name")
    done
  fi
  [ ! -e "$etc/drumbeat.yaml" ] || return 0
  cat >"$etc/drumbeat.yaml" <<'TEXT'
# Drumbeat's settings on this machine. All there are: /opt/drumbeat/current/docs/reference/settings.md; an example: config/drumbeat.example.yaml beside docs.
# Secrets are better kept in /etc/drumbeat/credentials. Then: drumbeat doctor, and systemctl restart drumbeat
HTTP_HOST: 127.0.0.1
HTTP_PORT: 8080
DATA_DIR: /var/lib/drumbeat
TEXT
  give root:drumbeat 0640 "$etc/drumbeat.yaml"
}

put_machine_files() {
  mkdir -p "$units" "$sysctl" "$(dirname "$wrapper")"
  for unit in drumbeat.service drumbeat@.service; do install -m 0644 "$here/systemd/$unit" "$units/$unit"; done
  install -m 0644 "$here/systemd/sysctl.d/90-drumbeat.conf" "$sysctl/90-drumbeat.conf"
  cat >"$wrapper" <<'TEXT'
#!/bin/sh
# Runs the command of the release in use, with this machine's configuration, and with its secrets if you may read them.
prefix=$(dirname "$(readlink -f "$0")")
prefix=${prefix%/usr/local/bin}
export CONFIG_FILE="${CONFIG_FILE-$prefix/etc/drumbeat/drumbeat.yaml}"
if [ -z "${CREDENTIALS_DIRECTORY-}" ] && [ -r "$prefix/etc/drumbeat/credentials" ]; then
  export CREDENTIALS_DIRECTORY="$prefix/etc/drumbeat/credentials"
fi
exec "$prefix/opt/drumbeat/current/node_modules/.bin/node" "$prefix/opt/drumbeat/current/src/cli.ts" "$@"
TEXT
  chmod 0755 "$wrapper"
}

do_install() {
  here=$(cd "$(dirname "$0")" && pwd -P)
  [ -r "$here/VERSION" ] || die 66 "$here is not a release: unpack the archive, and run the install.sh in it"
  version=$(cat "$here/VERSION")
  case $version in '' | *[!0-9A-Za-z.+-]* | .*) die 65 "VERSION does not hold a version: $version" ;; esac
  case $here in "$app"/*) die 64 "this release is already installed: run the install.sh of the release that you want to install" ;; esac
  "$here/node_modules/.bin/node" --version >/dev/null || die 78 'the Node of this release does not run on this machine'
  previous=$(readlink "$app/current" || true)
  ensure_user
  put_configuration
  put_release
  put_machine_files
  if has_systemd; then
    systemctl daemon-reload
    # One after the other, so that each is ready before the next one stops.
    for unit in $(running_units); do systemctl restart "$unit"; done
  fi
  if [ -n "$previous" ] && [ "$previous" != "releases/$version" ]; then
    echo "Drumbeat $version is in use; configuration and data are unchanged. To go back to ${previous#releases/}:"
    echo "  ln -sfn $previous $app/current && systemctl restart drumbeat"
    echo "When you no longer need ${previous#releases/}: rm -r $app/$previous"
  else
    echo "Drumbeat $version is installed. Next:"
    echo "  edit $etc/drumbeat.yaml, and look at the secrets in $etc/credentials"
    echo '  systemctl restart systemd-sysctl    # kernel settings for many connections'
    echo '  drumbeat doctor                     # says what this machine lacks'
    echo '  systemctl enable --now drumbeat'
  fi
}

do_remove() {
  if has_systemd; then
    for unit in $(running_units); do systemctl stop "$unit"; done
    systemctl disable drumbeat.service 2>/dev/null || true
  fi
  rm -f "$units/drumbeat.service" "$units/drumbeat@.service" "$sysctl/90-drumbeat.conf" "$wrapper"
  rm -rf "$app"
  if has_systemd; then systemctl daemon-reload; fi
  if [ "$purge" = no ]; then
    echo "Drumbeat is removed. $etc and $root/var/lib/drumbeat are still there: remove --purge removes them, too"
    return
  fi
  rm -rf "$etc" "$root/var/lib/drumbeat"
  if [ -z "$root" ] && id drumbeat >/dev/null 2>&1; then userdel drumbeat; fi
  echo 'Drumbeat is removed, with its configuration, secrets, data and user'
}

# A function, so that the shell has read everything before `remove` deletes this file.
main() {
  command=install
  root=
  purge=no
  while [ $# -gt 0 ]; do
    case $1 in
      install | upgrade) command=install ;;
      remove) command=remove ;;
      --purge) purge=yes ;;
      --root)
        [ $# -gt 1 ] && [ -n "${2%/}" ] || die 64 '--root takes a folder other than /'
        mkdir -p "$2"
        root=$(cd "$2" && pwd -P)
        shift
        ;;
      -h | --help)
        usage
        exit
        ;;
      *) die 64 "$1 is unknown: see install.sh --help" ;;
    esac
    shift
  done
  [ "$purge" = no ] || [ "$command" = remove ] || die 64 '--purge goes with remove'
  [ -n "$root" ] || [ "$(id -u)" = 0 ] || die 77 'only root can install; --root DIR installs into another folder'
  umask 022
  app=$root/opt/drumbeat
  etc=$root/etc/drumbeat
  units=$root/usr/local/lib/systemd/system
  sysctl=$root/usr/local/lib/sysctl.d
  wrapper=$root/usr/local/bin/drumbeat
  "do_$command"
}

main "$@"
exit

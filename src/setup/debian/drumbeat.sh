#!/bin/sh
# Runs the command with this machine's configuration, and with its secrets if you may read them.
etc=/etc/drumbeat
if [ -z "${CONFIG_FILE+set}" ] && [ -r "$etc/drumbeat.yaml" ]; then export CONFIG_FILE="$etc/drumbeat.yaml"; fi
if [ -z "${CREDENTIALS_DIRECTORY-}" ] && [ -r "$etc/credentials" ]; then
  export CREDENTIALS_DIRECTORY="$etc/credentials"
fi
exec /usr/lib/drumbeat/node_modules/.bin/node /usr/lib/drumbeat/src/cli.ts "$@"

#!/bin/sh
# InfluxDB 1.x, once after its installation: an administrator, the database, and the user that the platform logs in with.
# Asked for a second time it changes nothing but the password of that user. Needs curl.
#
#   ADMIN_PASSWORD=… PASSWORD=… sh deploy/influxdb1-setup.sh
#
# Then: YIZHAN_STORE__URL=influxdb+http://127.0.0.1:8086 YIZHAN_STORE__USERNAME=yizhan YIZHAN_STORE__PASSWORD=…
set -eu

url=${URL:-http://127.0.0.1:8086}
database=${DATABASE:-yizhan}
user=${STORE_USER:-yizhan}
# How long readings are kept; INF: for ever. Must be longer than platform.clock_past_days: what is older at its arrival is
# refused by InfluxDB. Counts of visits are not touched by it, they are in the platform's own database.
keep=${KEEP:-INF}
: "${ADMIN_PASSWORD:?the administrator's password, new or as it is}" "${PASSWORD:?the platform's password}"

# Text inside '…' of InfluxQL, and inside "…" of curl's configuration.
in_influxql() { printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g"; }
in_config() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

# ask STATEMENT: as the administrator. All of it goes to curl by standard input, since `ps` shows arguments to everybody.
# A server that was just started is waited for, TRIES seconds long.
ask() {
    answer=$(printf 'user = "admin:%s"\ndata-urlencode = "q=%s"\n' "$(in_config "$ADMIN_PASSWORD")" "$(in_config "$1")" |
        curl --silent --show-error --retry "${TRIES:-20}" --retry-delay 1 --retry-connrefused --config - "$url/query") || exit 1
    case $answer in
    *'"user already exists"'*) ;;
    *'"error"'*) printf '%s\n' "$answer" >&2 && exit 1 ;;
    esac
}

# A server without users takes this from anybody; one that has them only from its administrator.
ask "CREATE USER admin WITH PASSWORD '$(in_influxql "$ADMIN_PASSWORD")' WITH ALL PRIVILEGES"
ask "CREATE DATABASE \"$database\""
ask "ALTER RETENTION POLICY autogen ON \"$database\" DURATION $keep DEFAULT"
ask "CREATE USER \"$user\" WITH PASSWORD '$(in_influxql "$PASSWORD")'"
ask "SET PASSWORD FOR \"$user\" = '$(in_influxql "$PASSWORD")'"
ask "GRANT ALL ON \"$database\" TO \"$user\""
printf 'InfluxDB is ready: database %s, user %s, readings kept for %s\n' "$database" "$user" "$keep"

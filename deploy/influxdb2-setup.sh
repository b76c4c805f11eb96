#!/bin/sh
# InfluxDB 2.x, once after its installation: an administrator, the bucket, its name for InfluxQL, and a token for the platform.
# Written after the documentation of its `influx` command line 2.7; our tests have no 2.x to run it against.
#
#   ADMIN_PASSWORD=… sh deploy/influxdb2-setup.sh
#
# Then: YIZHAN_STORE__URL=influxdb+http://127.0.0.1:8086 YIZHAN_STORE__ORG=yizhan YIZHAN_STORE__TOKEN=(what it prints)
set -eu

export INFLUX_HOST="${INFLUX_HOST:-http://127.0.0.1:8086}"
org=${ORG:-yizhan}
bucket=${BUCKET:-yizhan}
# How long readings are kept; 0: for ever. Must be longer than platform.clock_past_days: what is older at its arrival is
# refused by InfluxDB. Counts of visits are not touched by it, they are in the platform's own database.
keep=${KEEP:-0}
: "${ADMIN_PASSWORD:?the password for the new administrator}"

# Also writes the administrator's token into ~/.influxdbv2/configs, which the commands below read.
influx setup --force --username admin --password "$ADMIN_PASSWORD" --org "$org" --bucket "$bucket" --retention "$keep"

bucket_id=$(influx bucket list --org "$org" --name "$bucket" --hide-headers | cut -f 1)

# The platform reads by InfluxQL, which names a database and a retention policy. InfluxDB 2.x maps a bucket to the database
# of its name by itself; written down, the mapping stays when a bucket is named anew.
influx v1 dbrp create --org "$org" --db "$bucket" --rp autogen --bucket-id "$bucket_id" --default

# May read and write this bucket and nothing else. InfluxDB shows it once.
influx auth create --org "$org" --read-bucket "$bucket_id" --write-bucket "$bucket_id" --description "yizhan"

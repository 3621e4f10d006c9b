#!/bin/sh
# Tells CloudWatch, once a minute, how long the oldest job has waited: what the workers' group grows and shrinks by.
# The figure is the same on every worker, so that any of them may tell it. Nothing is told when it cannot be read: a
# missing figure raises an alarm, a 0 would send workers home.
#   queue-age.sh REGION [URL]
set -eu
region=$1
url=${2:-http://127.0.0.1:9465/metrics}
age=$(curl --fail --silent --show-error --max-time 10 "$url" |
  awk '/^narwhal_pending_age_seconds[{ ]/ { if ($NF + 0 > most) most = $NF + 0; seen = 1 } END { if (seen) print most }')
[ -n "$age" ] || exit 0
aws cloudwatch put-metric-data --region "$region" --namespace Narwhal --metric-name OldestPending --unit Seconds --value "$age"

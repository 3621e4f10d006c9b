#!/bin/sh
# Gives CloudFront the keyring of media URLs, so that an edge opens what this machine signs. Keys that it has already stay,
# as does one that the ring has lost: URLs that it signed are good for two days more.
#   media-keys.sh ARN < keyring, as MEDIA_KEYS has it: id:secret,id:secret
set -eu
store=$1
edge() { operation=$1; shift; aws cloudfront-keyvaluestore "$operation" --region us-east-1 --kvs-arn "$store" "$@"; }
tr ',' '\n' | while IFS=: read -r id secret || [ -n "$id" ]; do
  for _ in 1 2 3 4 5; do
    [ "$(edge get-key --key "$id" --query Value --output text 2>/dev/null)" != "$secret" ] || continue 2
    tag=$(edge describe-key-value-store --query ETag --output text)
    # Another machine may have been quicker, and then the tag is old: looked at again.
    edge put-key --key "$id" --value "$secret" --if-match "$tag" >/dev/null && continue 2
    sleep 1
  done
  echo "narwhal: CloudFront did not take the media key $id: pictures that it signs would be refused there." >&2
  exit 1
done

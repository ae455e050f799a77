#!/usr/bin/env bash
# Four nodes; one is killed under transfers, comes back, and has the same state as the others.
set -euo pipefail
weft=${1:?usage: testnets/crash.sh path/to/weft}
WEFT_HOME=$(mktemp -d)
export WEFT_HOME
trap '"$weft" testnet down >/dev/null 2>&1 || true; rm -rf "$WEFT_HOME"' EXIT

"$weft" testnet up -n 4
"$weft" transfer carol 1 --wallet alice
"$weft" testnet kill 3
for amount in 1 2 3; do
    "$weft" transfer carol "$amount" --wallet alice
done
"$weft" testnet restart 3

# The restarted node catches up; give up after a minute.
for _ in $(seq 60); do
    roots=$("$weft" testnet status --json | grep -o '"state_root":"[^"]*"' | sort -u | wc -l)
    alive=$("$weft" testnet status --json | grep -o '"state_root":"0x' | wc -l)
    if [ "$roots" = 1 ] && [ "$alive" = 4 ]; then
        "$weft" testnet status
        echo "all four nodes have one state root"
        exit 0
    fi
    sleep 1
done
echo "the nodes did not come together" >&2
exit 1

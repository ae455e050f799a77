#!/usr/bin/env bash
# A launch from zero coins on real nodes, by command line alone: miners and a validator
# register by stamp, the first epochs pay, a subnet is bought, started, scored, starved,
# and evicted when a newcomer needs its slot.
set -euo pipefail
weft=${1:?usage: testnets/launch.sh path/to/weft [--keep]}
keep=${2:-}
WEFT_HOME=$(mktemp -d)
export WEFT_HOME
finish() {
    "$weft" testnet down >/dev/null 2>&1 || true
    if [ "$keep" = --keep ]; then echo "kept in $WEFT_HOME"; else rm -rf "$WEFT_HOME"; fi
}
trap finish EXIT

say() { printf '\n== %s\n' "$*"; }
pick() { local pointer=$1; shift; "$weft" "$@" --pick "$pointer" 2>/dev/null; }
quiet() { "$weft" "$@" 2>/dev/null; }

# Waits until a command prints something that is not 0, null or empty.
until_some() {
    local got=
    for _ in $(seq 300); do
        got=$("$@" || true)
        case $got in '' | 0 | null | false) sleep 0.2 ;; *) printf '%s' "$got"; return 0 ;; esac
    done
    echo "gave up waiting for: $*" >&2
    return 1
}

# The uid of a wallet's hotkey in a subnet, from the event of its registration.
register() { pick /receipt/receipt/events/0/uid register "$1" --stamp -w "$2"; }

# Every voter sends this row from now on.
voters_score() {
    for node in 0 1 2 3; do
        quiet voter row "$1" --set "$2" --network "$(pick "/nodes/$node/rpc" testnet status)" >/dev/null
    done
}

emission() { pick "/neurons/$2/emission" subnet metagraph "$1"; }
free() { pick /free query account "$1"; }
reveal_epoch() { pick "/neurons/$2/reveals_in/0" subnet metagraph "$1"; }
epochs_after() { local now; now=$(pick /subnet/epochs subnet metagraph "$1"); [ "$now" -gt "$2" ] && echo yes; }
starved() { local average; average=$(pick /order/0/share_average query next-eviction); [ "$average" -lt 300000000 ] && echo yes; }

say "four voters, nobody has a coin, two slots for subnets"
quiet testnet up -n 4 --slot-ms 300 --fair-launch \
    --param subnet_defaults.tempo=10 --param root_tempo=10 --param exit_blocks=3 \
    --param 'subnet_slots=[{"from":0,"slots":2}]' --param subnet_immunity=30 \
    --param lock_minimum=1tao --param lock_interval=30 --param eviction_shift=1 \
    --param subnet_defaults.min_stamp_difficulty=10000 \
    --param subnet_defaults.weights_rate_limit=5 --param subnet_defaults.commit_reveal_period=1
for wallet in miner founder judge rival; do
    quiet wallet create "$wallet" --unencrypted >/dev/null
done
[ "$(free miner)" = 0 ]

say "they register by stamp, free"
miner=$(register 1 miner)
founder=$(register 1 founder)
judge=$(register 1 judge)
rival=$(register 1 rival)
echo "uids $miner $founder $judge $rival"
"$weft" query registration-cost 1

say "the voters score them, and the first epochs pay"
voters_score 1 "$miner=10,$founder=20,$judge=20,$rival=20"
paid=$(until_some emission 1 "$founder")
echo "the founder earned $paid rao in its first paid epoch"
quiet serve 1 /ip4/127.0.0.1/tcp/8091 -w miner
quiet permit 1 -w judge >/dev/null

say "the founder makes stake into coins and buys a subnet"
"$weft" query subnet-cost
for _ in $(seq 300); do
    stake=$(pick "/neurons/$founder/stake" subnet metagraph 1)
    [ "$stake" -gt 3000000000 ] && break
    sleep 0.2
done
quiet stake remove founder 2.5 -w founder >/dev/null
until_some free founder >/dev/null
bought=$(pick /receipt/receipt/events/0/netuid subnet create -w founder)
quiet subnet describe "$bought" --name "first market" -w founder >/dev/null
quiet subnet set "$bought" serving_rate_limit 7 -w founder >/dev/null
quiet subnet start "$bought" -w founder >/dev/null
echo "subnet $bought is started"
"$weft" query hyperparameters "$bought" | head -8

say "the judge validates there, with commit and reveal"
worker=$(register "$bought" miner)
seat=$(register "$bought" judge)
quiet permit "$bought" -w judge >/dev/null
permit() { pick "/neurons/$2/permit" subnet metagraph "$1"; }
until_some permit "$bought" "$seat" >/dev/null
voters_score 0 "1=50,$bought=50"
quiet weights commit "$bought" --set "$worker=1" -w judge >/dev/null
due=$(until_some reveal_epoch "$bought" "$seat")
until_some epochs_after "$bought" "$((due - 1))" >/dev/null
quiet weights reveal "$bought" -w judge >/dev/null
earned=$(until_some emission "$bought" "$worker")
echo "the miner earned $earned rao in subnet $bought"
"$weft" query root

say "the voters starve it"
voters_score 0 "1=100"
until_some starved >/dev/null
[ "$(until_some pick /netuid query next-eviction)" = "$bought" ]
"$weft" query next-eviction

say "a newcomer needs its slot"
for _ in $(seq 300); do
    stake=$(pick "/neurons/$rival/stake" subnet metagraph 1)
    [ "$stake" -gt 4000000000 ] && break
    sleep 0.2
done
quiet stake remove rival 3.8 -w rival >/dev/null
until_some free rival >/dev/null
result=$("$weft" subnet create -w rival 2>/dev/null)
echo "$result"
case $result in *SubnetEvicted:*) ;; *) echo "nobody was evicted" >&2; exit 1 ;; esac
owner=$(pick /subnets/1/owner subnet list)
[ "$owner" = "$(pick /key query account rival)" ]

say "every coin is accounted for"
"$weft" query supply
[ "$(pick /conserved query supply --audit)" = true ]
roots=$("$weft" testnet status --json | grep -o '"final_height"' | wc -l)
[ "$roots" = 4 ]
echo "launch: all steps done"

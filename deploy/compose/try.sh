#!/usr/bin/env bash
# Tries the compose file as a user would, on a Docker with docker-compose: brings
# several of every service up, runs a job, kills services, takes all of it down
# and up again, and wants the very same containers to run on. Call `make images`
# before. It needs nothing of the network and leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")"

taurus=${TAURUS:-../../bin/taurus}
project=taurus-try
state=$(mktemp -d)
export TAURUS_AGENTS=$state/agents
compose() { docker-compose -p "$project" -f compose.yaml "$@"; }
tasks() {
	docker ps --quiet --no-trunc --filter label=taurus.mesosim.agent | while read -r id; do
		docker inspect --format '{{range .Mounts}}{{.Source}} {{end}}{{.Id}}' "$id"
	done | awk -v under="$TAURUS_AGENTS/" 'index($0, under) {print $NF}' | sort
}
finish() {
	# What goes wrong while clearing up does not decide how the trial went.
	set +e
	compose down --volumes --timeout 5 >/dev/null 2>&1
	tasks | xargs --no-run-if-empty docker rm --force >/dev/null
	# The sandboxes belong to root; so did the containers that made them.
	rm -rf "$state" 2>/dev/null || sudo rm -rf "$state"
}
trap finish EXIT
fail() { echo "try.sh: $*" >&2; compose logs --tail 20 >&2; exit 1; }
api() { TAURUS_API=$(compose port --index 1 api 8080) && export TAURUS_API; }

cat >"$state/job.yaml" <<-'JOB'
	id: try
	tasks:
	- role: web
	  replicas: 3
	  container: {image: "taurus:latest", command: [web]}
	  ports: [{name: http, container: 80}]
	  health_check: {type: http, port: 80, path: /healthz, interval: 1s}
JOB

echo "== up, with several of each"
compose up -d --scale planner=3 --scale reaper=2 --scale api=2
api
"$taurus" run "$state/job.yaml" --wait --timeout 5m
tasks >"$state/before"
[ "$(wc -l <"$state/before")" = 3 ] || fail "not three containers"

echo "== the launcher, a planner and NATS are killed"
for victim in launcher_1 planner_2 nats_1; do docker kill "${project}_$victim" >/dev/null; done
compose up -d --scale planner=3 --scale reaper=2 --scale api=2
"$taurus" scale try 4
for _ in $(seq 300); do
	[ "$("$taurus" ps try --state running --output json | grep -c '"slot"')" = 4 ] && break
	sleep 1
done
tasks >"$state/after"
[ "$(comm -12 "$state/before" "$state/after" | wc -l)" = 3 ] || fail "the containers did not run on"
[ "$(wc -l <"$state/after")" = 4 ] || fail "not four containers"

echo "== down and up again"
compose down
tasks | cmp - "$state/after" || fail "the containers did not outlive it"
compose up -d
api
tasks | cmp - "$state/after" || fail "the containers were not taken up again"
[ "$("$taurus" ps try --state running --output json | grep -c '"slot"')" = 4 ] || fail "the job was forgotten"

echo "== stop"
"$taurus" stop try --wait --timeout 5m
[ -z "$(tasks)" ] || fail "something runs on"
echo "== all well"

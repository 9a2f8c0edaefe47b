#!/usr/bin/env bash
# Tries the compose file as a user would, on a Docker with docker-compose: brings
# several of every service up, knocks at all of its doors without credentials, signs
# in, runs a job, kills services, takes all of it down and up again, and wants the
# very same containers to run on. Call `make images` before. It needs nothing of the
# network and leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")"

taurus=${TAURUS:-../../bin/taurus}
project=taurus-try
state=$(mktemp -d)
export TAURUS_AGENTS=$state/agents TAURUS_SECRETS=$state/secrets
# What is kept for the user who calls it is neither used nor changed.
export XDG_CONFIG_HOME=$state/config
unset TAURUS_TOKEN TAURUS_API TAURUS_CA
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
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
	rm -rf "$state" 2>/dev/null || as_root rm -rf "$state"
}
trap finish EXIT
fail() { echo "try.sh: $*" >&2; compose logs --tail 20 >&2; exit 1; }
api() { TAURUS_API=https://$(compose port --index 1 api 8080) && export TAURUS_API; }
# answers WANT NAME CURL-ARGUMENTS... wants a status of HTTP.
answers() {
	local want=$1 name=$2 got
	shift 2
	got=$(curl --silent --max-time 10 --cacert "$TAURUS_CA" --output "$state/answer" --write-out '%{http_code}' "$@") || true
	[ "$got" = "$want" ] || fail "$name: answered $got, not $want: $(cat "$state/answer")"
}

cat >"$state/job.yaml" <<-'JOB'
	id: try
	tasks:
	- role: web
	  replicas: 3
	  container: {image: "taurus:latest", command: [web]}
	  env: {PASSWORD: {secret: try/password}}
	  ports: [{name: http, container: 80}]
	  health_check: {type: http, port: 80, path: /healthz, interval: 1s}
JOB

sed 's/id: try/id: root/; s/command: \[web\]/command: [web], privileged: true/' "$state/job.yaml" >"$state/privileged.yaml"
password=planted-$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
mkdir -p "$TAURUS_SECRETS/try"
printf %s "$password" >"$state/password"
as_root install -o 65532 -g 65532 -m 0600 "$state/password" "$TAURUS_SECRETS/try/password"

echo "== up, with several of each"
compose up -d --scale planner=3 --scale reaper=2 --scale api=2
api
docker cp "$(compose ps -aq certificates)":/tls/public/ca.pem "$state/ca.pem"
export TAURUS_CA=$state/ca.pem

echo "== closed to whoever has no credentials"
jobs=$TAURUS_API/v2/jobs
answers 401 "without a token" "$jobs"
answers 401 "a submission without a token" --data @"$state/job.yaml" -H 'Content-Type: application/yaml' "$jobs"
answers 401 "a stop without a token, by the original's route" -X DELETE "$TAURUS_API/job/try"
answers 401 "with a wrong token" -H "Authorization: Bearer taurus_$(printf 0%.0s $(seq 32))_$(printf 0%.0s $(seq 64))" "$jobs"
answers 401 "with what is no token" -H 'Authorization: Bearer wrong' "$jobs"
answers 400 "without TLS" "http://${jobs#https://}"
TAURUS_CA='' "$taurus" ps >"$state/out" 2>&1 && fail "without the authority the api is trusted"
mesos=${TAURUS_NET:-172.30.79}.1
answers 401 "a framework of Mesos" --data '{}' -H 'Content-Type: application/json' "http://$mesos:5050/api/v1/scheduler"
answers 401 "an operator of Mesos" -X POST "http://$mesos:5050/teardown"
docker cp "$(compose ps -aq mesos-credentials)":/mesos/client/secret "$state/secret"
# By a file, as others on this host see what curl is called with.
(umask 077 && printf 'user = "taurus:%s"\n' "$(as_root cat "$state/secret")" >"$state/mesos")
for path in state flags slaves frameworks tasks metrics/snapshot; do
	answers 401 "/$path of Mesos" "http://$mesos:5050/$path"
	answers 200 "/$path of Mesos with the credential" --config "$state/mesos" "http://$mesos:5050/$path"
done
for agent in 5051 5052; do answers 401 "the output of tasks" "http://$mesos:$agent/files/debug"; done
nats=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "${project}_nats_1")
"$taurus" log check --nats "nats://$nats:4222" >"$state/out" 2>&1 && fail "NATS takes whoever has no key"
grep -q Authorization "$state/out" || fail "NATS says $(cat "$state/out")"

echo "== the first token"
(umask 077 && compose run --rm --no-deps -T log token first --owner try >"$state/token")
"$taurus" login --token-file "$state/token"
"$taurus" whoami
answers 200 "with the token" -H "Authorization: Bearer $(cat "$state/token")" "$jobs"
"$taurus" run "$state/privileged.yaml" >"$state/out" 2>&1 && fail "a privileged job is taken"
grep -q everybody "$state/out" || fail "a privileged job is refused without the name of the rule: $(cat "$state/out")"

echo "== a job"
"$taurus" run "$state/job.yaml" --wait --timeout 5m
tasks >"$state/before"
[ "$(wc -l <"$state/before")" = 3 ] || fail "not three containers"
while read -r id; do
	docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$id" | grep -qx "PASSWORD=$password" || fail "a container has no secret"
done <"$state/before"
compose logs --no-color >"$state/logs"
grep -q "$password" "$state/logs" && fail "a service has written the secret"
"$taurus" logs try >/dev/null || fail "the output of tasks cannot be read"
for _ in $(seq 60); do
	"$taurus" audit -o json >"$state/audit" && grep -q '"try"' "$state/audit" && grep -q 401 "$state/audit" && break
	sleep 1
done
grep -q 401 "$state/audit" || fail "who was refused is not recorded"

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
docker cp "$(compose ps -aq certificates)":/tls/public/ca.pem - | tar -xO | cmp - "$TAURUS_CA" || fail "the authority is another"
"$taurus" login --token-file "$state/token"
tasks | cmp - "$state/after" || fail "the containers were not taken up again"
[ "$("$taurus" ps try --state running --output json | grep -c '"slot"')" = 4 ] || fail "the job was forgotten"

echo "== stop"
"$taurus" stop try --wait --timeout 5m
[ -z "$(tasks)" ] || fail "something runs on"
echo "== all well"

#!/usr/bin/env bash
# Every check of the project, the same on a desk and in continuous integration (`make test`, .ci/run).
#   check.sh        all
#   check.sh unit   what needs no servers
#   check.sh soak   the property tests of the state machines, long
# Tests and the lab run as an ordinary user, as Tandem and Asterisk do in production: who is root builds, and hands the
# rest to the lab's user (deploy/lab/user.sh). Labs get places of their own, LAB_OFFSET (700) and above, and new
# folders, which are kept when something failed.
#   CHECK_SHARDS    labs at the same time, which take the next suite of one queue (1). Two are faster, but on two cores
#                   tests of moments, such as a restart within a second, fail now and then
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$here/.."
. deploy/lab/user.sh
. deploy/tests.sh
which=${1:-all}

# Test targets that talk to the lab's servers; the others are unit tests.
with_servers='Postgres|PostgresDirectory|ConfdDirectory|PostgresPersistence|Bus|ARI|AMI|Amid|TandemLab'
# Those that hold both kinds of tests.
mixed='AsteriskConfiguration|tandem'
# Suites that attack the release build.
security='^AcceptanceTests\.(Attack|Generator|Hostile[A-Za-z]*)Tests/'

step() { printf '\n== %s (%s)\n' "$*" "$(date +%T)"; }

# Waits for nothing and hides nothing: the exit status of the check is the one of the step that failed.
finish() {
  local status=$? state
  trap - EXIT INT TERM
  if [ -n "$release" ]; then kill -- "-$release" 2>/dev/null || true; fi
  for state in "${labs[@]}"; do
    LAB_STATE=$state deploy/lab/down.sh
    if [ "$status" = 0 ]; then rm -rf "$state"; else echo "check: FAILED, logs kept in $state" >&2; fi
  done
  rm -rf "$work"
  exit "$status"
}
labs=()
release=
work=$(mktemp -d "${TMPDIR:-/tmp}/tandem-results.XXXXXX")
chmod 755 "$work"
trap finish EXIT INT TERM

step "set-up"
deploy/setup.sh
if is_root; then
  make_user
  make_reachable "$PWD"
fi
step "format"
swift format lint --strict -r Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift
step "build, warnings are errors, imports as declared"
swift build --build-tests --explicit-target-dependency-import-check error
if [ "$which" = soak ]; then
  step "random orders of events"
  TANDEM_SOAK=1 TANDEM_UNIT_ONLY=1 run_tests 3600 --no-parallel --filter '(PropertyTests|SoakTests|CallRegistryTests|SentFaxTransitionsTests|RecordingTests)/'
  exit
fi
step "unit tests"
# One after the other: beside fuzz tests that fill both cores, a test of a time limit would measure those.
TANDEM_UNIT_ONLY=1 run_tests 600 --no-parallel --skip "^(${with_servers}|Acceptance)Tests\."
TANDEM_UNIT_ONLY=1 run_tests 300 --filter "^TandemLabTests\."

if [ "$which" = all ]; then
  # The optimiser refuses what a debug build takes. The tests wait more than they work: the build takes what they leave.
  step "release build, beside the tests"
  start_release_build
  step "labs"
  for ((shard = 0; shard < ${CHECK_SHARDS:-1}; shard++)); do
    labs+=("$(deploy/lab/as-user.sh mktemp -d "/tmp/tandem-check.XXXXXX")")
    (in_lab "$shard"; deploy/lab/up.sh)
  done
  step "tests against real servers, and real calls"
  run_shards "^(${with_servers}|${mixed}|Acceptance)Tests\." "$security"
  step "release build"
  await_release_build
  step "security, with the release build"
  TANDEM_PROGRAMS=$PWD/.build/release run_shards "$security"
fi
if is_root; then
  step "tests that need root"
  run_as_root
fi

step "lengths"
deploy/lengths.sh

if [ -n "$unsteady" ]; then printf '\ncheck: UNSTEADY, passed only the second time:\n%s' "$unsteady"; fi

#!/usr/bin/env bash
# Every check of the project, the same on a desk and in continuous integration (`make test`, .ci/run).
#   check.sh        all
#   check.sh unit   what needs no servers
#   check.sh soak   the property tests of the state machines, long
# The lab gets a place of its own, LAB_OFFSET (700) and a new LAB_STATE, which is kept when something failed.
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$here/.."
which=${1:-all}

# Test targets that talk to the lab's servers; the others are unit tests.
with_servers='Postgres|PostgresDirectory|ConfdDirectory|PostgresPersistence|Bus|ARI|AMI|Amid|TandemLab'
# Those that hold both kinds of tests.
mixed='AsteriskConfiguration|tandem'

step() { printf '\n== %s\n' "$*"; }

# run_tests SECONDS swift-test's arguments
# A filter that matches nothing must not pass for a check, and a test that never ends must not take the whole time of
# continuous integration: lines come out one by one, so the last one names it.
run_tests() {
  local log limit=$1 status=0
  shift
  log=$(mktemp)
  timeout --kill-after=10 "$limit" stdbuf -oL swift test --disable-xctest --skip-build "$@" 2>&1 | tee "$log" || status=$?
  if [ "$status" != 0 ]; then
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then
      echo "check: not ended after $limit s: swift test $*" >&2
      # SwiftPM gives the tests a process group of their own, which outlives it.
      pkill -KILL -f "$PWD/.build/.*PackageTests.xctest" || true
    fi
    rm -f "$log"
    return 1
  fi
  if grep -q -E 'No matching test cases|Test run with 0 tests' "$log"; then
    rm -f "$log"
    echo "check: no test was run by: swift test $*" >&2
    return 1
  fi
  rm -f "$log"
}

# Waits for nothing and hides nothing: the exit status of the check is the one of the step that failed.
finish() {
  local status=$?
  trap - EXIT INT TERM
  if [ -n "${LAB_STATE:-}" ]; then
    deploy/lab/down.sh
    if [ "$status" = 0 ]; then rm -rf "$LAB_STATE"; else echo "check: FAILED, logs kept in $LAB_STATE" >&2; fi
  fi
  exit "$status"
}

step "set-up"
deploy/setup.sh
step "format"
swift format lint --strict -r Sources Tests Package.swift Benchmarks/Sources Benchmarks/Package.swift
step "build, warnings are errors, imports as declared"
swift build --build-tests --explicit-target-dependency-import-check error
if [ "$which" = soak ]; then
  step "random orders of events"
  TANDEM_SOAK=1 TANDEM_UNIT_ONLY=1 run_tests 3600 --no-parallel --filter 'PropertyTests/'
  exit
fi
step "unit tests"
# One after the other: beside fuzz tests that fill both cores, a test of a time limit would measure those.
TANDEM_UNIT_ONLY=1 run_tests 600 --no-parallel --skip "^(${with_servers}|Acceptance)Tests\."
TANDEM_UNIT_ONLY=1 run_tests 300 --filter "^TandemLabTests\."

if [ "$which" = all ]; then
  export LAB_OFFSET=${LAB_OFFSET:-700}
  LAB_STATE=$(mktemp -d "${TMPDIR:-/tmp}/tandem-check.XXXXXX")
  export LAB_STATE
  trap finish EXIT INT TERM
  step "lab"
  deploy/lab/up.sh
  eval "$(deploy/lab/env.sh)"
  step "tests against real servers"
  run_tests 1200 --no-parallel --filter "^(${with_servers}|${mixed})Tests\."
  step "acceptance: real calls"
  run_tests 3600 --no-parallel --filter "^AcceptanceTests\."
fi

step "lengths"
deploy/lengths.sh

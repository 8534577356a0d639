#!/usr/bin/env bash
# Every check of the project, the same on a desk and in continuous integration (`make test`, .ci/run).
#   check.sh        all
#   check.sh unit   what needs no servers
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

# A filter that matches nothing must not pass for a check.
run_tests() {
  local log
  log=$(mktemp)
  swift test --disable-xctest --skip-build "$@" 2>&1 | tee "$log" || { rm -f "$log"; return 1; }
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
step "unit tests"
# One after the other: beside fuzz tests that fill both cores, a test of a time limit would measure those.
TANDEM_UNIT_ONLY=1 run_tests --no-parallel --skip "^(${with_servers}|Acceptance)Tests\."
TANDEM_UNIT_ONLY=1 run_tests --filter "^TandemLabTests\."

if [ "$which" = all ]; then
  export LAB_OFFSET=${LAB_OFFSET:-700}
  LAB_STATE=$(mktemp -d "${TMPDIR:-/tmp}/tandem-check.XXXXXX")
  export LAB_STATE
  trap finish EXIT INT TERM
  step "lab"
  deploy/lab/up.sh
  eval "$(deploy/lab/env.sh)"
  step "tests against real servers"
  run_tests --no-parallel --filter "^(${with_servers}|${mixed})Tests\."
  step "acceptance: real calls"
  run_tests --no-parallel --filter "^AcceptanceTests\."
fi

step "lengths"
deploy/lengths.sh

# Sourced by check.sh: how tests are run. Uses its variables `work` (a folder) and `labs` (their folders).
#
# The bundle is started itself, and not by `swift test`, which writes into .build and so could not be another user.
#
# A filter that matches nothing must not pass for a check, and a test that never ends must not take the whole time of
# continuous integration. Real calls run in real time, which a busy machine may not have: up to three tests that failed
# are run a second time, alone. One that passes then is listed at the end as unsteady (a bug to be mended, see
# CONTRIBUTING.md); one that fails again, and any greater number, fails the check.
unsteady=
# What root runs as root after all, and nobody else.
needs_root='"needs root"|"needs the right to mount"'

# start_tests arguments of the bundle: replaces the shell.
start_tests() {
  local bundle
  bundle=$(ls -d .build/debug/*PackageTests.xctest)
  if [ "${as_root:-}" = 1 ] || ! is_root; then exec stdbuf -oL "$bundle" --testing-library swift-testing "$@"; fi
  exec deploy/lab/as-user.sh stdbuf -oL "$bundle" --testing-library swift-testing "$@"
}

# run_once NAME SECONDS arguments: leaves `NAME.log` and `NAME.xml` in the folder of results.
# Exit status 1: a test failed. 2: not ended in time, or the run broke off, or no test was run.
run_once() {
  local name=$1 limit=$2 status=0 results
  shift 2
  results=$work/$name.d
  rm -rf "$results" "$work/$name.log" "$work/$name.xml"
  mkdir "$results"
  if is_root && [ "${as_root:-}" != 1 ]; then chown "$LAB_USER" "$results"; fi
  export -f start_tests is_root
  as_root=${as_root:-} timeout --kill-after=10 "$limit" \
    bash -c '. deploy/lab/user.sh; start_tests "$@"' _ --xunit-output "$results/results.xml" "$@" \
    >"$work/$name.log" 2>&1 || status=$?
  if [ -e "$results/results.xml" ]; then mv "$results/results.xml" "$work/$name.xml"; fi
  rmdir "$results" 2>/dev/null || true
  if [ "$status" = 124 ] || [ "$status" = 137 ]; then
    echo "check: not ended after $limit s, the last line names the test" >>"$work/$name.log"
    return 2
  fi
  if ! grep -q '<testcase ' "$work/$name.xml" 2>/dev/null; then
    # Exit status 69: nothing matched.
    echo "check: no result (exit status $status): $*" >>"$work/$name.log"
    return 2
  fi
  [ "$status" = 0 ] || return 1
}

# failed_tests NAME: suite and function of each test that failed, a line each.
failed_tests() {
  awk -F'"' '
    /<testcase / { test = $2 "/" $4; sub(/\(.*/, "", test) }
    /<failure/ { print test }' "$work/$1.xml" | sort -u
}

# number_of_tests NAME
number_of_tests() { grep -c '<testcase ' "$work/$1.xml"; }

# again NAME: the tests that failed, a second time, alone.
again() {
  local failed
  failed=$(sort -u "$work/failed")
  if [ -z "$failed" ] || [ "$(wc -l <<<"$failed")" -gt 3 ]; then return 1; fi
  printf 'check: a second time:\n%s\n' "$failed"
  if ! run_once again 900 --no-parallel --filter "^($(sed 's/[.]/\\./g' <<<"$failed" | paste -sd '|'))\("; then
    cat "$work/again.log"
    return 1
  fi
  unsteady+=$failed$'\n'
}

# run_tests SECONDS arguments
run_tests() {
  local status=0
  run_once tests "$@" || status=$?
  if [ "$status" = 0 ]; then
    echo "$(number_of_tests tests) tests passed"
    return
  fi
  cat "$work/tests.log"
  [ "$status" = 1 ] || return 1
  failed_tests tests >"$work/failed"
  again
}

# in_lab SHARD: the environment of its lab.
in_lab() {
  export LAB_OFFSET=$((${CHECK_OFFSET:-${LAB_OFFSET:-700}} + 100 * $1)) LAB_STATE=${labs[$1]}
  export CHECK_OFFSET=$((LAB_OFFSET - 100 * $1))
  eval "$(deploy/lab/env.sh)"
}

# Starts the release build at the lowest priority, in a session of its own: the kernel weighs sessions against each other
# before processes (autogroup).
start_release_build() {
  setsid bash -c '
    echo 19 2>/dev/null >/proc/self/autogroup || true
    exec nice -n 19 swift build -c release --product tandem' >"$work/release.log" 2>&1 &
  release=$!
}

await_release_build() {
  local status=0
  if [ -w "/proc/$release/autogroup" ]; then echo 0 >"/proc/$release/autogroup" || true; fi
  wait "$release" || status=$?
  release=
  if [ "$status" != 0 ]; then cat "$work/release.log"; fi
  return "$status"
}

# run_shards FILTER [EXCEPT]: the suites that match wait in one queue, and each lab takes the next one when it is done with the
# last: so the labs end at about the same time, whatever the suites take. In a lab one test runs at a time.
run_shards() {
  local shard pids=() status=0
  (start_tests --list-tests) 2>/dev/null | sed -E 's/\(.*//' | grep -E "$1" | sed -E 's#/[^/]*$#/#' |
    grep -Ev "${2:-^$}" | sort | uniq -c | sort -k1,1nr -k2 | awk '{ print $2 }' >"$work/queue"
  if [ ! -s "$work/queue" ]; then echo "check: no suite matches $1" >&2; return 1; fi
  echo "$(wc -l <"$work/queue") suites in ${#labs[@]} labs"
  : >"$work/failed"
  : >"$work/broken"
  for shard in "${!labs[@]}"; do
    (in_lab "$shard"; run_queue "$shard") &
    pids+=($!)
  done
  for shard in "${pids[@]}"; do wait "$shard" || status=1; done
  if [ "$status" != 0 ] || [ -s "$work/broken" ] || [ -s "$work/queue" ]; then
    echo "check: these suites broke off:" >&2
    cat "$work/broken" "$work/queue" >&2
    return 1
  fi
  if [ -s "$work/failed" ]; then (in_lab 0; again) && unsteady+=$(sort -u "$work/failed")$'\n'; fi
}

# run_queue SHARD: suites from the queue until it is empty. A failure shows its log at once.
run_queue() {
  local suite began status name
  while suite=$(next_suite); [ -n "$suite" ]; do
    began=$SECONDS
    status=0
    name=shard$1
    run_once "$name" 1200 --no-parallel --filter "^$(sed 's/[.]/\\./g' <<<"$suite")" || status=$?
    case $status in
      0) echo "ok      $suite $(number_of_tests "$name") tests, $((SECONDS - began)) s (lab $1)" ;;
      1)
        failed_tests "$name" >>"$work/failed"
        echo "FAILED  $suite $((SECONDS - began)) s (lab $1)"
        sed "s#^#  lab $1: #" "$work/$name.log"
        ;;
      *)
        echo "$suite" >>"$work/broken"
        echo "BROKE   $suite $((SECONDS - began)) s (lab $1)"
        sed "s#^#  lab $1: #" "$work/$name.log"
        ;;
    esac
  done
}

next_suite() {
  (
    flock 9
    head -n1 "$work/queue"
    sed -i 1d "$work/queue"
  ) 9>"$work/queue.lock"
}

# Tests that mount a disk or drop rights: the only ones that root runs. They are found by the reason that they give.
run_as_root() {
  local tests acceptance
  tests=$(awk -v marks="$needs_root" '
    FNR == 1 { split(FILENAME, parts, "/"); target = parts[2]; sub(/\.swift$/, "", parts[3]); suite = parts[3]; found = 0 }
    $0 ~ marks { found = 1 }
    found && match($0, /func [A-Za-z0-9_]+/) { print target "." suite "/" substr($0, RSTART + 5, RLENGTH - 5); found = 0 }
  ' Tests/*/*.swift)
  acceptance=$(grep '^AcceptanceTests' <<<"$tests" || true)
  tests=$(grep -v '^AcceptanceTests' <<<"$tests")
  as_root=1
  TANDEM_UNIT_ONLY=1 run_tests 300 --no-parallel --filter "^($(sed 's/[.]/\\./g' <<<"$tests" | paste -sd '|'))\("
  if [ "${#labs[@]}" != 0 ] && [ -n "$acceptance" ]; then
    in_lab 0
    run_tests 600 --no-parallel --filter "^($(sed 's/[.]/\\./g' <<<"$acceptance" | paste -sd '|'))\("
  fi
  as_root=
}

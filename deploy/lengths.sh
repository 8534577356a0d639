#!/usr/bin/env bash
# Reports long Swift files and functions. A file over 400 lines fails; a function over 40 lines is only named.
# The formatter puts the closing brace of a declaration at the declaration's own indentation: that is the measure.
set -euo pipefail
cd "$(dirname -- "$0")/.."

find Sources Tests -name '*.swift' -print0 | sort -z | xargs -0 awk '
  FNR == 1 { if (file != "") count(); file = FILENAME; depth = -1 }
  { lines = FNR }
  depth < 0 && match($0, /^ *([a-z@()]+ )*(func |init[?(<]|deinit)/) {
    match($0, /^ */); depth = RLENGTH; from = FNR; name = $0; sub(/^ */, "", name)
  }
  depth >= 0 && match($0, /^ *}/) && RLENGTH == depth + 1 {
    if (FNR - from + 1 > 40) printf "  %s:%d %d lines: %.60s\n", FILENAME, from, FNR - from + 1, name
    depth = -1
  }
  depth >= 0 && FNR == from && /}$/ { depth = -1 }
  function count() {
    files++; total += lines
    if (lines > 250) printf "  %s %d lines\n", file, lines
    if (lines > 400) { failed = 1 }
  }
  END {
    count(); printf "  %d files, %d lines\n", files, total
    if (failed) { print "lengths: a file has more than 400 lines" > "/dev/stderr"; exit 1 }
  }'

#!/bin/bash
# What a user sees of the built program ($1) before it reaches a bucket.
set -u
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

# expect NAME EXIT STDOUT STDERR ARGUMENT...: patterns of grep -E; empty: no output at all.
expect() {
  local name=$1 code=$2 out=$3 err=$4
  shift 4
  "$program" "$@" >"$folder/out" 2>"$folder/err" </dev/null
  local got=$?
  [ "$got" = "$code" ] || fail "$name" "exit code $got, not $code"
  matches "$folder/out" "$out" || fail "$name" "stdout is: $(cat "$folder/out")"
  matches "$folder/err" "$err" || fail "$name" "stderr is: $(cat "$folder/err")"
}

matches() {
  if [ -z "$2" ]; then [ ! -s "$1" ]; else grep -Eq -- "$2" "$1"; fi
}

fail() {
  echo "FAILED: $1: $2"
  failures=$((failures + 1))
}

cat >"$folder/typo.yml" <<'YAML'
kind: source
spec:
  name: lake
  spec:
    bucket: lake
    region: eu-central-1
    concurency: 3
YAML
printf 'kind: source\nspec: [\n' >"$folder/syntax.yml"
printf 'kind: destination\nspec: {name: pg}\n' >"$folder/destination.yml"

expect "version" 0 '^cq-source-s3 version [^ ]+$' '' --version
expect "help" 0 'serve.*' '' --help
for command in serve tables check sync schema completion man; do
  expect "help of $command" 0 'help|usage|Usage|address' '' "$command" --help
done
expect "schema" 0 '"incremental"' '' schema
expect "manual page" 0 '^\.TH CQ' '' man
expect "completion of a shell there is not" 2 '' 'SHELL' completion csh
expect "no command" 2 '' 'sync' 
expect "unknown command" 2 '' '^error: there is no command synk, .*did you mean sync[?]$' synk
expect "unlike any command" 2 '' '^error: there is no command version, only .* and man$' version
expect "unknown flag" 2 '' '^error: [^;]*: --frobnicate$' sync "$folder/typo.yml" --to "$folder/data" --frobnicate
expect "no target" 2 '' '^error: --to is required$' sync "$folder/typo.yml"
expect "no target, help" 2 '' '^`cq-source-s3 sync --help` has more' sync "$folder/typo.yml"
expect "misspelt target" 2 '' '^error: --to is required; not known: --too data$' sync "$folder/typo.yml" --too data
expect "no configuration" 2 '' '^error: CONFIG is required$' check
for command in tables check; do
  expect "missing file, $command" 2 '' "^error: .*none.yml: No such file" "$command" "$folder/none.yml"
  expect "directory, $command" 2 '' "^error: .* is a directory" "$command" "$folder"
  expect "syntax, $command" 2 '' "^error: .*syntax.yml:[0-9]+: not valid YAML" "$command" "$folder/syntax.yml"
  expect "no source, $command" 2 '' "^error: .*destination.yml: no document" "$command" "$folder/destination.yml"
done
expect "wrong field, tables" 2 '' "^error: .*typo.yml:4: .*concurency.*concurrency" tables "$folder/typo.yml"
expect "wrong field, check" 2 '^INVALID_SPEC: .*typo.yml:4: .*concurency' '' check "$folder/typo.yml"
expect "wrong field, sync" 2 '' "^error: .*typo.yml:4: .*concurency" sync "$folder/typo.yml" --to "$folder/data"
[ ! -e "$folder/data" ] || fail "wrong field, sync" "the directory was made"

"$program" --version >/dev/full 2>/dev/null
[ $? = 1 ] || fail "full disk" "a result that was not written is a success"

exit "$failures"

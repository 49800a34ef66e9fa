#!/usr/bin/env bash
# Runs the scripts next to this one, each in a directory of its own, and adds up what they say.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
passed=0 failed=0
for script in "$here"/*.sh; do
    case $(basename "$script") in all.sh | restart.sh | steps.sh) continue ;; esac
    echo "== $(basename "$script" .sh)"
    directory=$(mktemp -d)
    output=$(cd "$directory" && bash "$script" 2>&1)
    status=$?
    rm -rf "$directory"
    echo "$output"
    good=$(grep -c '^ok ' <<<"$output")
    bad=$(grep -c '^not ok ' <<<"$output")
    # A script that ends before its last step has failed, whatever it said until then.
    if [ $status != 0 ] && [ "$bad" = 0 ]; then
        echo "not ok $(basename "$script") ended with $status"
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad))
done
echo "# passed $passed"
echo "# failed $failed"
[ $failed = 0 ] && [ $passed -gt 0 ]

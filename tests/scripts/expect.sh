# For the tests beside it: counts failures.
# shellcheck shell=bash
failures=0

# expect STATUS TEXT COMMAND...: the command ends with that status and says that.
expect() {
    local status=0 output
    output="$("${@:3}" 2>&1)" || status=$?
    if [[ "$status" != "$1" || "$output" != *"$2"* ]]; then
        printf 'FAILED: %s\n  expected status %s and "%s"\n  got status %s and "%s"\n' "${*:3}" "$1" "$2" "$status" "$output"
        failures=$((failures + 1))
    fi
}

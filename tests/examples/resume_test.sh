#!/usr/bin/env bash
# An example that is stopped by Ctrl-C (status 130) or kill -9, and resumed, leaves the files of one that was not.
#   resume_test.sh DIGITS FOLDER
set -u
digits=$1 folder=$2
options=(--epochs 4 --batch-size 1 --lr 0.01 --no-progress)
rm -rf "$folder"
mkdir -p "$folder"

fail() {
    echo "FAILED: $*"
    exit 1
}

# stop SIGNAL STATUS: begins a run and stops it after its first epoch. A run that was faster than the signal is begun anew.
stop() {
    local attempt run status
    for attempt in {1..20}; do
        "$digits" "${options[@]}" --out "$folder/stopped" >"$folder/log" 2>&1 &
        run=$!
        until compgen -G "$folder/stopped/checkpoints/step-*.ckpt" >/dev/null || ! kill -0 $run 2>/dev/null; do sleep 0.01; done
        kill "-$1" $run 2>/dev/null
        wait $run
        status=$?
        [ $status = "$2" ] && [ ! -e "$folder/stopped/model.safetensors" ] && return
        [ $status = 0 ] || [ $status = "$2" ] || fail "status $status after SIG$1: $(cat "$folder/log")"
        rm -rf "$folder/stopped"
    done
    fail "SIG$1 never came in time"
}

same_files() {
    local file
    for file in model.safetensors metrics.csv metrics.jsonl checkpoints/best.safetensors; do
        cmp "$folder/whole/$file" "$folder/stopped/$file" || fail "$file differs after SIG$1"
    done
}

"$digits" "${options[@]}" --out "$folder/whole" || fail "the whole run"

for signal in INT KILL; do
    rm -rf "$folder/stopped"
    stop $signal $([ $signal = INT ] && echo 130 || echo 137)
    [ $signal = KILL ] || grep -q "digits: fit: stopped by SIGINT after epoch [2-4], .*; the same command with --resume auto goes on" "$folder/log" ||
        fail "it does not say how to go on: $(cat "$folder/log")"
    "$digits" "${options[@]}" --out "$folder/stopped" --resume auto --threads 1 >"$folder/log" 2>&1 || fail "resuming: $(cat "$folder/log")"
    grep -q "going on from .*stopped/checkpoints" "$folder/log" || fail "it does not say that it goes on: $(cat "$folder/log")"
    same_files $signal
done

# A new run in an old folder begins anew.
"$digits" "${options[@]}" --out "$folder/stopped" >"$folder/log" 2>&1 || fail "a new run in an old folder: $(cat "$folder/log")"
same_files "nothing"
echo "the same to the last bit"

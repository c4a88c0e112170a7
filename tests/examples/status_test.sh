#!/usr/bin/env bash
# The exit statuses that examples/support.hpp promises.
#   status_test.sh DIGITS MNIST_CLASSIFIER
set -u
digits=$1 mnist_classifier=$2

# expect STATUS COMMAND...
expect() {
    local wanted=$1 status
    shift
    "$@" >/dev/null 2>&1
    status=$?
    [ $status = "$wanted" ] || { echo "FAILED: expected status $wanted, got $status from: $*"; exit 1; }
}

rm -rf runs/status
expect 0 "$digits" --help
expect 0 "$digits" --quick --out runs/status
expect 2 "$digits" --no-such-option
expect 2 "$digits" --epochs many
expect 2 "$digits" --quick --batch-size 16 --resume auto --out runs/status   # the checkpoint there has another batch size
expect 4 "$digits" --quick --resume no/such/folder --out runs/status
expect 4 "$digits" --quick --out /proc/no/folder
expect 4 "$mnist_classifier" --quick --data no/such/folder --out runs/status_mnist
for file in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    mkdir -p runs/status_data && echo "not an IDX file" >runs/status_data/$file
done
expect 3 "$mnist_classifier" --quick --data runs/status_data --out runs/status_mnist
# One line for each whole run of a study.
[ "$(cut -d, -f1-5,9-12 runs/status/studies.csv)" = "$(
    printf 'program,study,number,name,metric,unit,better,ok,seed\ndigits,all,25,"digits 64-128-64-10","test accuracy"," %%",larger,quick,42'
)" ] ||
    { echo "FAILED: studies.csv is"; cat runs/status/studies.csv; exit 1; }

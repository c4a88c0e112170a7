#!/usr/bin/env bash
# baselines_test.sh ROOT: what scripts/baselines says and writes. Without scikit-learn, only how it refuses wrong usage.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
root="$1"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

baselines="$root/scripts/baselines"
expect 0 "usage: scripts/baselines RUNS" "$baselines" --help
expect 1 "baselines: expected one folder" "$baselines"
expect 1 "baselines: expected one folder" "$baselines" one two
expect 1 "baselines: unknown option --seed" "$baselines" --seed
expect 1 "baselines: no folder no/such" "$baselines" no/such

if /usr/bin/python3 -c "import sklearn" 2>/dev/null; then
    mkdir -p runs/linear_models-all-7 runs/linear_models-regression-42 runs/regularization
    expect 1 "baselines: runs has nothing to compare with" "$baselines" runs
    # y = 2 x + 1 exactly, and xtape's slope off by 0.5.
    printf 'x,y\n0,1\n1,3\n2,5\n' >runs/linear_models-all-7/regression-points.csv
    printf 'slope,intercept\n2.5,1\n' >runs/linear_models-all-7/regression-line.csv
    printf 'x1,x2,label\n-1,-1,0\n-2,-1,0\n1,1,1\n2,1,1\n' >runs/linear_models-all-7/blobs-points.csv
    expect 0 "left out grid_search: runs has no run of grid_search" "$baselines" runs
    expect 0 "left out regularization: runs/regularization/settings.csv is not there" "$baselines" runs
    expect 0 "number,name,peer,metric,value" cat runs/baselines.csv
    expect 0 "2,\"two blobs, linear and MSE\",RidgeClassifier,training accuracy,100" cat runs/baselines.csv
    awk -F, '/: slope,/ { slope = $NF } /,distance/ { distance = $NF }
        END { exit !(slope > 1.999999 && slope < 2.000001 && distance > 0.499999 && distance < 0.500001) }' runs/baselines.csv ||
        { cat runs/baselines.csv && failures=$((failures + 1)); }

    mkdir runs/grid_search
    printf 'part,row,label\ntrain,0,5\n' >runs/grid_search/parts-1.csv
    expect 1 "parts-1.csv: the labels are not those of scikit-learn's digits" "$baselines" runs
    # Two trials of a search on twenty digits; those of the first rows are 0 to 9, twice.
    {
        echo part,row,label
        for row in {0..19}; do echo "train,$row,$((row % 10))" && echo "validation,$row,$((row % 10))" && echo "test,$row,$((row % 10))"; done
    } >runs/grid_search/parts-1.csv
    {
        echo method,max_iter,batch_size,learning_rate_init,hidden_layer_sizes,alpha,validation
        for method in grid random; do echo "$method,100,10,1e-6,4,1,0" && echo "$method,100,10,0.01,32,0.001,0"; done
    } >runs/grid_search/trials-1.csv
    expect 0 "left out regularization" "$baselines" runs
    expect 0 "27,random search,MLPClassifier,median test accuracy over 1 seeds,100" cat runs/baselines.csv
fi

((failures == 0)) || exit 1
echo "all as expected"

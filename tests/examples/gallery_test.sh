#!/usr/bin/env bash
# What the gallery makes of the runs of three seeds.
#   gallery_test.sh GALLERY FOLDER
set -u
gallery=$1 folder=$2
rm -rf "$folder"

fail() {
    echo "FAILED: $*"
    exit 1
}

# run NAME SEED LINE...
run() {
    mkdir -p "$folder/$1-$2"
    echo "program,study,number,name,metric,reported,goal,reached,unit,better,ok,seed,seconds" >"$folder/$1-$2/studies.csv"
    printf '%s\n' "${@:3}" >>"$folder/$1-$2/studies.csv"
}
run digits 42 'digits,all,25,"digits, deep","test accuracy","> 95 %",97.5,97.7," %",larger,yes,42,3.1'
run digits 43 'digits,all,25,"digits, deep","test accuracy","> 95 %",97.5,99.1," %",larger,yes,43,3.1'
run digits 44 'digits,all,25,"digits, deep","test accuracy","> 95 %",97.5,96.2," %",larger,no,44,3.1'
run plain 42 'plain,all,30,"better than plain","error","-",0.5,0.4,"",smaller,yes,42,1'
run plain 43 'plain,all,30,"better than plain","error","-",0.3,0.35,"",smaller,no,43,1'
run plain 44 'plain,all,30,"better than plain","error","-",0.6,0.45,"",smaller,yes,44,1'
run lines 42 'lines,regression,1,"line","distance","the same",0.001,0.002,"",smaller,no,42,0.1' \
    'lines,blobs,2,"blobs","accuracy","separates",100,100," %",larger,yes,42,0.1'
printf 'number,name,peer,metric,value\n1,line,LinearRegression,distance,y = 8 x + 2\n' >"$folder/baselines.csv"
printf '<svg xmlns="http://www.w3.org/2000/svg"></svg>' >"$folder/lines-42/line.svg"

"$gallery" "$folder" --skipped "#6 usps" >"$folder/output" || fail "$(cat "$folder/output")"
expect() { grep -q -- "$1" "$folder/$2" || fail "expected $1 in $2: $(cat "$folder/$2")"; }
expect '^1 .* line .*lines --study regression.* 0.001 .* 0.002 .* y = 8 x + 2 .* missed$' output
expect '^25 .* > 95 % .* 97.5 % .* 97.7 % .* 97.7, 99.1, 96.2 .* ok$' output
expect '^30 .* 0.5 .* 0.4 .* 0.4, 0.35, 0.45 .* ok$' output   # each seed against its own goal
expect '^skipped: #6 usps' output
expect '^4 results, 1 missed: /.*gallery.html$' output
expect '"25","digits, deep","digits","test accuracy"' gallery.csv
expect '| 25 | digits, deep | digits | test accuracy | > 95 % |' gallery.md
expect 'data:image/svg+xml' gallery.html
cut -d' ' -f1 "$folder/gallery.txt" | tr '\n' ' ' | grep -q '# 1 2 25 30' || fail "not in the order of numbers: $(cat "$folder/gallery.txt")"

printf 'digits,all,25,"digits, deep","test accuracy","> 95 %%",97.5,many," %%",larger,yes,45,3.1\n' >>"$folder/digits-44/studies.csv"
"$gallery" "$folder" >"$folder/output" 2>&1
[ $? = 3 ] || fail "a damaged line is taken"
expect 'expected a number, got "many" in line 3, column 8' output
mkdir "$folder/empty"
"$gallery" "$folder/empty" >"$folder/output" 2>&1
[ $? = 3 ] || fail "no runs are taken for some"
echo "collected"

#!/bin/bash
# evaluate: goals, value, weights, predictions of others, weak spots, residuals, the page.
. "$(dirname "$0")/lib.sh"

# 600 answers: the score of segment "b" is noise, that of "a" is good; weight 0 leaves a row out
awk 'BEGIN { s = 7; print "y,score,label,part,w,size";
    for (i = 0; i < 600; i++) {
        s = (s * 16807) % 2147483647; u = s / 2147483647; y = (u < 0.4);
        s = (s * 16807) % 2147483647; v = s / 2147483647; b = (i % 3 == 0);
        p = b ? 0.05 + 0.9 * v : y ? 0.45 + 0.5 * v : 0.05 + 0.5 * v;
        printf "%s,%.4f,%s,%s,%d,%.3f\n", (y ? "yes" : "no"), p, (p >= 0.5 ? "yes" : "no"), (b ? "b" : "a"), i % 2, 100 * v
    } }' >told.csv
expect_exit "predictions of others" 0 "$HONE" evaluate told.csv --target y --predicted score --by part,size --json
expect_equal "task" "$(json out .task)$(json out .rows)" binary600
expect_equal "all classes" "$(json out '.per_class[1].class')" yes
expect_equal "shares by Wilson" "$(json out '.measures[2].name')$(json out '.measures[2].method')" accuracywilson
expect_equal "the weak part is found" "$(json out '.weak_spots.spots[0].where[0].segment')" b
expect_at_least "it is worse there" "$(json out '.segments[0].segments[0].value')" "$(json out '.segments[0].segments[1].high')"
expect_equal "numbers are cut in ranges" "$(json out '.segments[1].segments[4].rows')" 120
expect_equal "deciles" "$(json out '.lift[9].captured')" 1.0
cp out plain.json

expect_exit "labels alone" 0 "$HONE" evaluate told.csv --target y --predicted label --json
expect_equal "give the same accuracy" "$(json out .metrics.accuracy)" "$(json plain.json .metrics.accuracy)"
expect_lacks "and no log loss" out log_loss
cut -d, -f2 told.csv >scores.csv
expect_exit "a table of predictions" 0 "$HONE" evaluate told.csv --target y --predictions scores.csv --predicted score --json
expect_equal "says the same" "$(json out .metrics.roc_auc)" "$(json plain.json .metrics.roc_auc)"
awk -F, 'NR == 1 || $5 == 1' told.csv >half.csv
expect_exit "half the rows" 0 "$HONE" evaluate half.csv --target y --predicted score --json --bootstrap 0
cp out half.json
expect_exit "weights" 0 "$HONE" evaluate told.csv --target y --predicted score --weight w --json --bootstrap 0
for m in roc_auc log_loss f1 average_precision ece; do
    expect_equal "a row of weight 0 is absent: $m" "$(json out ".metrics.$m" | cut -c1-12)" "$(json half.json ".metrics.$m" | cut -c1-12)"
done

expect_exit "goals that are reached" 0 "$HONE" evaluate told.csv --target y --predicted score --success 'roc_auc>=0.6,log_loss<=0.9'
expect_contains "pass" out '^ +pass +roc_auc >= 0.6: 0\.[0-9]+ \('
expect_exit "a goal that is missed" 1 "$HONE" evaluate told.csv --target y --predicted score --success 'roc_auc>=0.99' --json
expect_equal "fails" "$(json out '.goals[0].verdict')" fail
expect_contains "and says so" err '1 of 1 goals is not reached'
expect_exit "a goal that the rows can not decide" 0 "$HONE" evaluate told.csv --target y --predicted score \
    --success "roc_auc>=$(json plain.json .metrics.roc_auc | cut -c1-5)"
expect_contains "is told" out 'insufficient evidence +roc_auc'
expect_exit "value" 0 "$HONE" evaluate told.csv --target y --predicted score --value 10,-2,-8,0 --value-unit EUR --all
expect_contains "per row and in all" out '^value +-?[0-9.]+ EUR per row, -?[0-9.,]+ EUR in all at threshold 0.5'
expect_contains "thresholds" out "<- the model's"
expect_contains "lift" out '^ +10 +60 '
expect_exit "a threshold of one's own" 0 "$HONE" evaluate told.csv --target y --predicted score --threshold 0.9 --json
expect_at_most "finds fewer" "$(json out .metrics.recall)" "$(json plain.json .metrics.recall)"
expect_exit "metrics with settings" 0 "$HONE" evaluate told.csv --target y --predicted score --metrics fbeta:0.5,lift:share=0.05,recall_macro --json
expect_contains "by their names" out '"fbeta:0.5":.*"lift:share=0.05":.*"recall_macro":'
for t in 1 2; do
    "$HONE" evaluate told.csv --target y --predicted score --json --threads $t >threads$t.json
done
expect_equal "threads change nothing" "$(cat threads1.json)" "$(cat threads2.json)"

expect_exit "the page" 0 "$HONE" evaluate told.csv --target y --predicted score --by part --html page.html
expect_contains "has its charts" page.html 'Reliability'
expect_contains "and its segments" page.html 'roc_auc by part'
expect_contains "and weak spots" page.html 'part is b'

# numbers: errors that grow with the prediction, and one row that is far off
awk 'BEGIN { s = 11; print "truth,guess,zone";
    for (i = 0; i < 400; i++) {
        s = (s * 16807) % 2147483647; x = 10 + 90 * s / 2147483647; s = (s * 16807) % 2147483647;
        e = x / 10 * (s / 2147483647 - 0.5);
        printf "%.3f,%.3f,%s\n", x + e + (i == 123 ? 500 : 0), x, (i % 2 ? "n" : "s")
    } }' >numbers.csv
expect_exit "regression" 0 "$HONE" evaluate numbers.csv --target truth --predicted guess --json
expect_equal "largest error" "$(json out '.residuals.worst[0].row')" 124
expect_equal "ten bins" "$(json out '.residuals.bins[9].rows')" 40
expect_exit "for people" 0 "$HONE" evaluate numbers.csv --target truth --predicted guess --all --html numbers.html
expect_contains "bias" out '^bias +truth minus prediction is '
expect_contains "worst rows" out '^ *124 '
expect_contains "the page of numbers" numbers.html 'Normal quantiles'

refuse() { # refuse NAME STATUS REGEX ARGUMENTS...
    local name=$1 want=$2 regex=$3
    shift 3
    expect_exit "$name" "$want" "$HONE" evaluate "$@" && expect_contains "$name: says so" err "^hone: .*$regex"
}
head -100 scores.csv >short.csv
sed '5s/.*/none/' scores.csv >holes.csv
sed '7s/,yes,/,perhaps,/; 7s/,no,/,perhaps,/' told.csv >odd.csv
sed '4s/,[01],/,-1,/' told.csv >negative.csv
refuse "no model, no predictions" 2 'needs a model and a table' told.csv
refuse "no target" 2 '--target' told.csv --predicted score
refuse "no such column" 4 'skore' told.csv --target y --predicted skore
refuse "no column of predictions" 4 'prediction' told.csv --target y --predictions scores.csv
refuse "other rows" 2 '600 rows of data and 99' told.csv --target y --predictions short.csv --predicted score
refuse "a hole" 3 'row 4' told.csv --target y --predictions holes.csv --predicted score
refuse "an unknown class" 3 'row 6: label says perhaps' odd.csv --target y --predicted label
refuse "a negative weight" 2 'row 3: weight w is negative' negative.csv --target y --predicted score --weight w
refuse "weights of text" 2 'part is' told.csv --target y --predicted score --weight part
refuse "a goal of another task" 2 'rmse' told.csv --target y --predicted score --success 'rmse<=1'
refuse "an unknown setting" 2 'alpha' told.csv --target y --predicted score --metrics 'lift:alpha=1'
refuse "a setting out of bounds" 2 'share' told.csv --target y --predicted score --metrics 'lift:7'

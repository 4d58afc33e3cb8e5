#!/bin/bash
# A page's charts are drawn in a real browser, and its data can be read without the script.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN { srand(3); print "n,c,d"
    for (i = 0; i < 500; i++)
        printf "%g,%s,2024-%02d-%02d\n", rand() * rand(), (rand() < 0.3 ? "a" : "b"), 1 + i % 12, 1 + i % 28 }' >t.csv
expect_exit "page" 0 "$HONE" profile t.csv --html page.html
figures=$(grep -c '<figure class="chart"' page.html)
expect_equal "a chart for each column, one for weekdays, one for pairs" "$figures" 5
expect_equal "a table for each chart" "$(grep -c '<details><summary>Data' page.html)" "$figures"
grep -q 'vega' page.html || skip "built without the charts' script (WEB=no)"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    skip "no chromium"
timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking \
    --user-data-dir="$DIR/profile" --virtual-time-budget=5000 --dump-dom "file://$DIR/page.html" \
    >dom.html 2>browser.err
expect_equal "every chart is drawn" "$(grep -o '<svg[^>]*class="marks"' dom.html | wc -l)" "$figures"
expect_equal "none failed" "$(grep -o '<figure class="chart drawn"' dom.html | wc -l)" "$figures"

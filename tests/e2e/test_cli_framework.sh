#!/bin/bash
# The command line itself: help, version, mistakes, JSON errors, full disks, completions.
. "$(dirname "$0")/lib.sh"

expect_exit "version" 0 "$HONE" --version
expect_contains "version names itself" out '^hone [0-9]+\.[0-9]+\.[0-9]+$'
expect_exit "no verb" 2 "$HONE"
expect_contains "no verb shows help on stderr" err '^Usage'
expect_exit "help" 0 "$HONE" help
expect_contains "help lists verbs" out '^  convert +'
expect_lacks "help hides internal verbs" out 'internal'
verbs=$("$HONE" help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
for verb in $verbs; do
    expect_exit "$verb --help" 0 "$HONE" "$verb" --help
    expect_contains "$verb --help has examples" out '^Examples'
    expect_contains "$verb --help has defaults" out 'default'
    cp out dashes
    expect_exit "help $verb" 0 "$HONE" help "$verb"
    expect_equal "help $verb says the same" "$(cat out)" "$(cat dashes)"
    expect_exit "$verb refuses an unknown option" 2 "$HONE" "$verb" --no-such-option
    expect_contains "$verb names the option" err 'no-such-option'
done

expect_exit "unknown verb" 2 "$HONE" profil x.csv
expect_contains "unknown verb gets a suggestion" err 'did you mean .hone profile'
expect_exit "misspelt option" 2 "$HONE" profile x.csv --jsno
expect_contains "misspelt option gets a suggestion" err 'did you mean --json'
expect_exit "option without its value" 2 "$HONE" profile x.csv --html
expect_exit "value out of bounds" 2 "$HONE" profile x.csv --threads 99999
expect_exit "value of a wrong type" 2 "$HONE" profile x.csv --threads many
expect_exit "argument too many" 2 "$HONE" profile a b
expect_exit "argument missing" 2 "$HONE" convert a

expect_exit "error as JSON" 2 "$HONE" profile x.csv --jason --json
expect_equal "error as JSON has a code" "$(json out .error.code)" ARG
expect_exit "missing file as JSON" 4 "$HONE" profile absent.csv --json
expect_equal "missing file as JSON has a code" "$(json out .error.code)" NOT_FOUND
expect_contains "and is told on stderr too" err 'absent\.csv'

if [ -e /dev/full ]; then
    "$HONE" help >/dev/full 2>err
    expect_equal "full standard output" $? 8
    expect_contains "full standard output is said" err 'standard output'
fi
"$HONE" help >&- 2>err
expect_equal "closed standard output" $? 8
"$HONE" help | true
expect_equal "closed pipe is quiet" "${PIPESTATUS[1]}" 0

expect_exit "man page" 0 "$HONE" internal-docs man
expect_contains "man page has the verbs" out '^\.SS hone convert'
expect_exit "bash completion" 0 "$HONE" internal-docs bash
cp out completion.bash
expect_exit "bash completion is bash" 0 bash -n completion.bash
expect_equal "bash completes an option" "$(bash -c '. ./completion.bash
    COMP_WORDS=(hone profile --htm) COMP_CWORD=2; _hone; echo "${COMPREPLY[@]}"')" --html
expect_exit "zsh completion" 0 "$HONE" internal-docs zsh
expect_contains "zsh completion names the options" out "'--html="

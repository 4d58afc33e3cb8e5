#!/bin/bash
# hone serve: requests that are wrong, hostile or not allowed, each with its error, and the server goes on.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/serve_model.sh"

make_buyers
train buyers 1
serve "serves" models:/buyers/1 --max-body 1 --max-rows 1000 || exit 1
row='{"age":70,"job":"nurse"}'

# The protocol's error, naming the field.
ask "not JSON" 400 '^\{"error":"the body is not JSON: byte 7: ' /predict -d '{"age":}'
ask "cut off" 400 'ends' /predict -d '{"age":1'
ask "empty body" 400 'byte 0' /predict -d ''
ask "wrong type" 400 'row 0: field \\"age\\": a number was expected, not a string \\"old\\"' /predict -d '{"age":"old"}'
ask "second row" 400 'row 1: field \\"since\\"' /predict -d '[{"age":1},{"since":"soon"}]'
ask "no field known" 400 'none of its fields' /predict -d '{"agee":1}'
ask "no rows" 400 'no rows' /predict -d '[]'
ask "v2 wrong datatype" 400 '"error":"input \\"age\\": value 0' /v2/models/buyers/infer -d '{"inputs":[{"name":"age","shape":[1],"datatype":"FP32","data":["x"]}]}'
ask "v2 wrong shape" 400 'input \\"age\\"' /v2/models/buyers/infer -d '{"inputs":[{"name":"age","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}'
ask "v2 bad header" 400 'Inference-Header' /v2/models/buyers/infer -H 'Inference-Header-Content-Length: x' -d '{}'
ask "v2 header too large" 400 'Inference-Header' /v2/models/buyers/infer -H 'Inference-Header-Content-Length: 999' -d '{}'
ask "v1 both forms" 400 'exactly one' /v1/models/buyers:predict -d '{"instances":[],"inputs":{}}'
ask "invocations error form" 400 '^\{"error_code":"BAD_REQUEST","message":"' /invocations -d '{}' -H 'Content-Type: application/json'
ask "invocations type" 415 'takes application/json' /invocations -d 'a=b'
ask "CSV row too short" 400 'fields, expected' /invocations -H 'Content-Type: text/csv' -d '1,2'
deep=$(printf '[%.0s' $(seq 100))
ask "deep nesting" 400 'nested too deep' /predict -d "{\"x\":$deep"
ask "too many rows" 413 'more than 1000 rows' /predict -d "[$(printf '{},%.0s' $(seq 1000)){}]"
ask "a number too large is infinite" 200 prediction /predict -d '{"age":1e999}'
head -c 1000000 /dev/zero | tr '\0' ' ' >nearly
printf '%s' "$row" >>nearly
ask "body just below the limit" 200 prediction /predict --data-binary @nearly
ask "chunked body just below the limit" 200 prediction /predict -H 'Transfer-Encoding: chunked' --data-binary @nearly
head -c 1100000 /dev/zero | tr '\0' ' ' >large
ask "body over the limit" 413 'over 1 MiB' /predict --data-binary @large
ask "chunked body over the limit" 413 'over 1 MiB' /predict -H 'Transfer-Encoding: chunked' --data-binary @large

# Paths and methods.
ask "no such path" 404 'there is nothing at /nothing' /nothing
ask "no such model" 404 'no model \\"loans\\"' /v2/models/loans/infer -d '{}'
ask "no such version" 404 'version 7' /v2/models/buyers/versions/7
ask "dots in a path" 404 error /v2/models/../../etc/passwd
ask "coded dots" 404 error /v2/models/%2e%2e%2fetc%2fpasswd
ask "a NUL in a path" 404 error /v2/models/buyers%00x
ask "empty name" 404 error /v2/models//infer -d '{}'
ask "GET of infer" 405 'takes POST' /v2/models/buyers/infer
has_header "tells the method" '^allow: POST$'
ask "POST of metrics" 405 'takes GET' /metrics -d x
ask "PUT" 405 error /predict -X PUT -d x
ask "DELETE" 404 error /v2/xyz -X DELETE
ask "a long path" 404 error "/$(head -c 4000 /dev/zero | tr '\0' a)"

# Feedback.
ask "feedback without id" 400 'no \\"id\\"' /feedback -d '{"label":1}'
ask "feedback of an unknown id" 404 '"unknown":\["nobody"\]' /feedback -d '{"id":"nobody","label":1}'

# Another site's page must not reach a service on this machine.
ask "foreign Host" 403 'host' /predict -H 'Host: evil.example' -d "$row"
ask "foreign Host with port" 403 'host' / -H 'Host: evil.example:8080'
ask "localhost" 200 prediction /predict -H 'Host: localhost:1234' -d "$row"
ask "foreign Origin" 403 'origin' /feedback -H 'Origin: http://evil.example' -d '{}'
ask "own Origin" 200 prediction /predict -H 'Origin: http://127.0.0.1:1' -d "$row"

# Bytes that are hardly HTTP.
raw "not HTTP" '^HTTP/1.1 4|^$' 'hello\r\n\r\n'
raw "two lengths" '^HTTP/1.1 [24]|^$' 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'
raw "bad length" '^HTTP/1.1 4|^$' 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n'
raw "bad chunk" '^HTTP/1.1 4|^$' 'POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'
raw "a large head" '^HTTP/1.1 4|^$' "GET /ping HTTP/1.1\r\nHost: localhost\r\nX: $(head -c 60000 /dev/zero | tr '\0' a)\r\n\r\n"
raw "no Host" '^HTTP/1.1 4' 'GET /v2 HTTP/1.1\r\n\r\n'
raw "HTTP/1.0" '^HTTP/1\.[01] 200' 'GET /ping HTTP/1.0\r\n\r\n'
raw "two requests at once" 'HTTP/1.1 200' 'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\nGET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

# A sender that never ends does not stop others.
exec 4<>"/dev/tcp/127.0.0.1/${URL##*:}"
printf 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"a' >&4
ask "others go on beside a slow sender" 200 prediction /predict -d "$row"
exec 4>&-
ask "still well after all that" 200 '"prediction":"yes"' /predict -d "$row"
ask "unknown fields are counted" 200 'hone_unknown_fields_total\{model="buyers",version="1"\} [1-9]' /metrics
stop_server "ends well" TERM 0
expect_lacks "nothing was an error of ours" serve.err 'error'

# Tokens.
export HONE_TOKEN=open-sesame
serve "serves with a token" models:/buyers/1 --host 0.0.0.0 || exit 1
URL=http://127.0.0.1:${URL##*:}
ask "no token" 401 'Authorization: Bearer' /predict -d "$row"
has_header "asks for one" '^www-authenticate: Bearer'
ask "wrong token" 401 error /predict -H 'Authorization: Bearer open-sesamo' -d "$row"
ask "wrong scheme" 401 error /predict -H 'Authorization: Basic b3Blbi1zZXNhbWU=' -d "$row"
ask "token cut short" 401 error /metrics -H 'Authorization: Bearer open'
ask "right token" 200 prediction /predict -H 'Authorization: Bearer open-sesame' -d "$row"
ask "right token, small letters" 200 prediction /predict -H 'authorization: bearer open-sesame' -d "$row"
ask "probes need none" 200 live /v2/health/live
ask "the page needs one" 401 error /
expect_lacks "the token is in no log" serve.err 'sesame'

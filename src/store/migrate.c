/*
 * The schema, as the steps that lead to it.  A step that was released is never edited: a change is a new
 * step at the end.  docs/store.md draws the tables.
 */
#include "store/query_priv.h"

/* Ids that people see are text; links between tables are row numbers, which are small and fast. */
static const char first_runs[] =
    "CREATE TABLE data_version ("
    "  hash TEXT PRIMARY KEY,"
    "  source TEXT NOT NULL,"
    "  n_rows INTEGER NOT NULL,"
    "  n_cols INTEGER NOT NULL,"
    "  schema TEXT NOT NULL,"
    "  created INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE run ("
    "  seq INTEGER PRIMARY KEY,"
    "  id TEXT NOT NULL UNIQUE,"
    "  name TEXT NOT NULL,"
    "  model TEXT,"
    "  status TEXT NOT NULL CHECK (status IN ('RUNNING', 'FINISHED', 'FAILED', 'KILLED')),"
    "  started INTEGER NOT NULL,"
    "  ended INTEGER,"
    "  seed INTEGER NOT NULL,"
    "  version TEXT NOT NULL,"
    "  config TEXT NOT NULL,"
    "  command TEXT NOT NULL,"
    "  owner TEXT NOT NULL,"
    "  message TEXT,"
    "  parent INTEGER REFERENCES run (seq)"
    ") STRICT;"
    "CREATE INDEX run_status ON run (status, seq);"
    "CREATE INDEX run_model ON run (model, seq);"
    "CREATE INDEX run_parent ON run (parent, seq) WHERE parent IS NOT NULL;"

    "CREATE TABLE run_data ("
    "  run INTEGER NOT NULL REFERENCES run (seq),"
    "  role TEXT NOT NULL,"
    "  data TEXT NOT NULL REFERENCES data_version (hash),"
    "  path TEXT NOT NULL,"
    "  PRIMARY KEY (run, role, data)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX run_data_data ON run_data (data);"

    "CREATE TABLE param ("
    "  run INTEGER NOT NULL REFERENCES run (seq),"
    "  key TEXT NOT NULL,"
    "  value TEXT NOT NULL,"
    "  PRIMARY KEY (run, key)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE tag ("
    "  run INTEGER NOT NULL REFERENCES run (seq),"
    "  key TEXT NOT NULL,"
    "  value TEXT NOT NULL,"
    "  PRIMARY KEY (run, key)"
    ") STRICT, WITHOUT ROWID;"

    /* A value of NULL is NaN, which SQL does not have. */
    "CREATE TABLE metric ("
    "  run INTEGER NOT NULL REFERENCES run (seq),"
    "  key TEXT NOT NULL,"
    "  step INTEGER NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  value REAL,"
    "  PRIMARY KEY (run, key, step, time)"
    ") STRICT, WITHOUT ROWID;"
    /* The last value of each, for lists and comparisons that must not read all steps. */
    "CREATE TABLE metric_last ("
    "  run INTEGER NOT NULL REFERENCES run (seq),"
    "  key TEXT NOT NULL,"
    "  step INTEGER NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  value REAL,"
    "  PRIMARY KEY (run, key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX metric_last_value ON metric_last (key, value);"

    "CREATE TABLE artifact ("
    "  hash TEXT PRIMARY KEY,"
    "  size INTEGER NOT NULL,"
    "  touched INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE run_artifact ("
    "  run INTEGER NOT NULL REFERENCES run (seq),"
    "  path TEXT NOT NULL,"
    "  artifact TEXT NOT NULL REFERENCES artifact (hash),"
    "  PRIMARY KEY (run, path)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX run_artifact_artifact ON run_artifact (artifact);";

static const char first_models[] =
    "CREATE TABLE model ("
    "  name TEXT PRIMARY KEY,"
    "  created INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE model_version ("
    "  id INTEGER PRIMARY KEY,"
    "  model TEXT NOT NULL REFERENCES model (name),"
    "  version INTEGER NOT NULL,"
    "  run INTEGER REFERENCES run (seq),"
    "  onnx TEXT NOT NULL REFERENCES artifact (hash),"
    "  signature TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  status TEXT NOT NULL CHECK (status IN ('READY', 'ARCHIVED')),"
    "  UNIQUE (model, version)"
    ") STRICT;"
    "CREATE INDEX model_version_run ON model_version (run);"
    "CREATE INDEX model_version_onnx ON model_version (onnx);"

    /* Each move of an alias. previous is where a rollback goes, so steps form a stack. */
    "CREATE TABLE alias_step ("
    "  id INTEGER PRIMARY KEY,"
    "  model TEXT NOT NULL REFERENCES model (name),"
    "  alias TEXT NOT NULL,"
    "  version INTEGER NOT NULL REFERENCES model_version (id),"
    "  previous INTEGER REFERENCES alias_step (id),"
    "  kind TEXT NOT NULL CHECK (kind IN ('set', 'rollback')),"
    "  time INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  reason TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX alias_step_alias ON alias_step (model, alias, id);"
    "CREATE INDEX alias_step_version ON alias_step (version);"
    "CREATE TABLE alias ("
    "  model TEXT NOT NULL REFERENCES model (name),"
    "  alias TEXT NOT NULL,"
    "  step INTEGER NOT NULL REFERENCES alias_step (id),"
    "  PRIMARY KEY (model, alias)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE decision ("
    "  id INTEGER PRIMARY KEY,"
    "  version INTEGER NOT NULL REFERENCES model_version (id),"
    "  kind TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'insufficient evidence')),"
    "  value REAL,"
    "  threshold REAL,"
    "  detail TEXT NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  time INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX decision_version ON decision (version, id);"

    "CREATE TABLE audit ("
    "  seq INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  action TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  detail TEXT NOT NULL,"
    "  hash TEXT NOT NULL"
    ") STRICT;"
    "CREATE TRIGGER audit_update BEFORE UPDATE ON audit"
    " BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;"
    "CREATE TRIGGER audit_delete BEFORE DELETE ON audit"
    " BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;";

static const char first_service[] =
    "CREATE TABLE prediction ("
    "  seq INTEGER PRIMARY KEY,"
    "  id TEXT NOT NULL UNIQUE,"
    "  time INTEGER NOT NULL,"
    "  version INTEGER NOT NULL REFERENCES model_version (id),"
    "  variant TEXT NOT NULL,"
    "  latency INTEGER NOT NULL,"
    "  inputs TEXT NOT NULL,"
    "  outputs TEXT NOT NULL"
    ") STRICT;"
    /* The version stands in the index so that other models' rows are passed over without a look. */
    "CREATE INDEX prediction_time ON prediction (time, version);"

    "CREATE TABLE label ("
    "  id INTEGER PRIMARY KEY,"
    "  prediction INTEGER NOT NULL REFERENCES prediction (seq),"
    "  time INTEGER NOT NULL,"
    "  label TEXT NOT NULL,"
    "  source TEXT NOT NULL,"
    "  UNIQUE (prediction, time)"
    ") STRICT;"

    "CREATE TABLE alarm ("
    "  id INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"
    "  version INTEGER REFERENCES model_version (id),"
    "  kind TEXT NOT NULL,"
    "  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),"
    "  subject TEXT NOT NULL,"
    "  value REAL,"
    "  threshold REAL,"
    "  window_from INTEGER,"
    "  window_to INTEGER,"
    "  message TEXT NOT NULL,"
    "  detail TEXT NOT NULL,"
    "  closed INTEGER,"
    "  closed_by TEXT,"
    "  closed_reason TEXT"
    ") STRICT;"
    "CREATE INDEX alarm_open ON alarm (id) WHERE closed IS NULL;"
    "CREATE INDEX alarm_version ON alarm (version, id);";

/* Data by its content: packs hold pieces, contents are lists of pieces, a data set's versions are trees. */
static const char first_data[] =
    "CREATE TABLE pack ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  bytes INTEGER NOT NULL"
    ") STRICT;"

    "CREATE TABLE piece ("
    "  hash BLOB PRIMARY KEY,"
    "  pack INTEGER NOT NULL REFERENCES pack (id),"
    "  at INTEGER NOT NULL,"
    "  stored INTEGER NOT NULL,"
    "  size INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX piece_pack ON piece (pack);"

    /* pieces: their hashes, 32 bytes each. */
    "CREATE TABLE content ("
    "  id INTEGER PRIMARY KEY,"
    "  hash BLOB NOT NULL UNIQUE,"
    "  size INTEGER NOT NULL,"
    "  pieces BLOB NOT NULL"
    ") STRICT;"

    /* A file that still looks like this has this content.  Times in ns. */
    "CREATE TABLE stat_cache ("
    "  path TEXT PRIMARY KEY,"
    "  device INTEGER NOT NULL,"
    "  inode INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  modified INTEGER NOT NULL,"
    "  changed INTEGER NOT NULL,"
    "  seen INTEGER NOT NULL,"
    "  content BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE dataset ("
    "  name TEXT PRIMARY KEY,"
    "  created INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    /* A version that was removed keeps its row, so that its number is not given again, but no tree. */
    "CREATE TABLE dataset_version ("
    "  id INTEGER PRIMARY KEY,"
    "  dataset TEXT NOT NULL REFERENCES dataset (name),"
    "  version INTEGER NOT NULL,"
    "  tree BLOB REFERENCES content (hash),"
    "  source TEXT NOT NULL,"
    "  file TEXT,"
    "  files INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  n_rows INTEGER,"
    "  n_cols INTEGER,"
    "  schema TEXT,"
    "  data TEXT,"
    "  note TEXT NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  removed INTEGER,"
    "  UNIQUE (dataset, version)"
    ") STRICT;"
    "CREATE INDEX dataset_version_tree ON dataset_version (tree);";

static const char first_quality[] =
    /* One report of `hone check`.  data is a content hash, which need not be on record itself. */
    "CREATE TABLE quality ("
    "  id INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  source TEXT NOT NULL,"
    "  data TEXT,"
    "  schema TEXT,"
    "  n_rows INTEGER NOT NULL,"
    "  n_cols INTEGER NOT NULL,"
    "  passed INTEGER NOT NULL,"
    "  told INTEGER NOT NULL,"
    "  warned INTEGER NOT NULL,"
    "  failed INTEGER NOT NULL,"
    "  findings TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX quality_time ON quality (time, id);";

static const char first_access[] =
    /* digest: SHA-256 of what the client shows.  A name may be granted again once it is revoked. */
    "CREATE TABLE token ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL,"
    "  role TEXT NOT NULL CHECK (role IN ('read', 'write', 'admin')),"
    "  digest TEXT NOT NULL UNIQUE,"
    "  created INTEGER NOT NULL,"
    "  expires INTEGER,"
    "  revoked INTEGER,"
    "  actor TEXT NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX token_in_force ON token (name) WHERE revoked IS NULL;";

static const char audit_by_subject[] =
    "CREATE INDEX audit_subject ON audit (subject, action, seq);";

static const char first_watch[] =
    /* Servers that run or ran; facts: what one told of itself when it was last seen. */
    "CREATE TABLE server ("
    "  id INTEGER PRIMARY KEY,"
    "  url TEXT NOT NULL,"
    "  machine TEXT NOT NULL,"
    "  pid INTEGER NOT NULL,"
    "  started INTEGER NOT NULL,"
    "  seen INTEGER NOT NULL,"
    "  ended INTEGER,"
    "  facts TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX server_seen ON server (seen);"

    /* One comparison of live data with a version's reference; run holds the whole document. */
    "CREATE TABLE look ("
    "  id INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"
    "  version INTEGER NOT NULL REFERENCES model_version (id),"
    "  run TEXT,"
    "  n_rows INTEGER NOT NULL,"
    "  windows INTEGER NOT NULL,"
    "  window_from INTEGER,"
    "  window_to INTEGER,"
    "  state TEXT NOT NULL,"
    "  drifted INTEGER NOT NULL,"
    "  columns INTEGER NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  since INTEGER,"
    "  metric TEXT,"
    "  realised REAL,"
    "  labelled INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX look_version ON look (version, id);";

/* What servers saw of a version in an hour: counts as JSON (monitor/sketch.h). */
static const char first_sketch[] = "CREATE TABLE sketch ("
                                   "  version INTEGER NOT NULL REFERENCES model_version (id),"
                                   "  begin INTEGER NOT NULL,"
                                   "  server INTEGER NOT NULL,"
                                   "  n_rows INTEGER NOT NULL,"
                                   "  data TEXT NOT NULL,"
                                   "  PRIMARY KEY (version, begin, server)"
                                   ") STRICT, WITHOUT ROWID;";

static const char first_telling[] =
    /* key and seen: what rings, and until when it was seen to, so that it is not raised twice. */
    "ALTER TABLE alarm ADD COLUMN key TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE alarm ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE alarm ADD COLUMN told INTEGER NOT NULL DEFAULT 0;"
    "UPDATE alarm SET key = CASE kind WHEN 'drift' THEN 'data' ELSE subject END,"
    " seen = coalesce(window_to, time);"
    "CREATE INDEX alarm_key ON alarm (kind, key, id);"

    /* A webhook by the digest of its URL, which may hold a secret; name says where it leads. */
    "CREATE TABLE hook ("
    "  id INTEGER PRIMARY KEY,"
    "  digest TEXT NOT NULL UNIQUE,"
    "  name TEXT NOT NULL,"
    "  seen INTEGER NOT NULL,"
    "  told INTEGER NOT NULL DEFAULT 0,"
    "  failed INTEGER NOT NULL DEFAULT 0,"
    "  failures INTEGER NOT NULL DEFAULT 0,"
    "  error TEXT"
    ") STRICT;"
    /* What a hook was told of an alarm; not before next is it tried again. */
    "CREATE TABLE telling ("
    "  hook INTEGER NOT NULL REFERENCES hook (id),"
    "  alarm INTEGER NOT NULL REFERENCES alarm (id),"
    "  raised INTEGER NOT NULL DEFAULT 0,"
    "  closed INTEGER NOT NULL DEFAULT 0,"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  next INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (hook, alarm)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX telling_open ON telling (hook, alarm) WHERE closed = 0;"
    "CREATE INDEX telling_alarm ON telling (alarm);"

    /* Work that several servers share and one does: up to where it is done, until when one is at it. */
    "CREATE TABLE duty ("
    "  name TEXT PRIMARY KEY,"
    "  done INTEGER NOT NULL,"
    "  until INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;";

static const char packed_texts[] =
    /* The inputs and outputs of the predictions from first to last (about), compressed together. */
    "CREATE TABLE prediction_text ("
    "  id INTEGER PRIMARY KEY,"
    "  first INTEGER NOT NULL,"
    "  last INTEGER NOT NULL,"
    "  data BLOB NOT NULL"
    ") STRICT;"
    /* Where a prediction's texts are: NULL: in its own row. */
    "ALTER TABLE prediction ADD COLUMN block INTEGER;"
    "ALTER TABLE prediction ADD COLUMN place INTEGER;";

const char *const hone_migrations[] = {
    first_runs,       first_models, first_service, first_data,    first_quality, first_access,
    audit_by_subject, first_watch,  first_sketch,  first_telling, packed_texts};
const size_t hone_migrations_n = sizeof hone_migrations / sizeof hone_migrations[0];

/* The schemas and operations of /openapi.json. */
#include <stddef.h>

#include "serve/openapi.h"

/* clang-format off */
const struct hone_openapi_schema hone_openapi_schemas[] = {
    {"Error", false,
     "{type: object, required: [error], properties: {error: {type: string, minLength: 1,"
     " description: 'What was wrong, and where: row, field, input or byte'}}}"},
    {"MlflowError", false,
     "{type: object, required: [error_code, message], properties: {error_code: {type: string},"
     " message: {type: string, minLength: 1}}}"},

    /* rows */
    {"Rows", true,
     "{type: array, minItems: 1, items: {anyOf: [{ref: Row}, {ref: Values}]}}"},
    {"PredictRequest", true,
     "{description: 'A row, an array of rows, or rows in an object',"
     " anyOf: [{ref: Row}, {ref: Rows}, {type: object, required: [rows],"
     " properties: {rows: {ref: Rows}}}]}"},
    {"PredictReply", true,
     "{description: 'One prediction for one row as an object, else an array',"
     " anyOf: [{ref: Prediction}, {type: array, minItems: 1, items: {ref: Prediction}}]}"},
    {"Split", true,
     "{type: object, required: [columns, data], properties: {"
     "columns: {type: array, minItems: 1, items: {type: string}, contains: {ref: FieldName},"
     " description: 'Names of which the model has at least one'},"
     "index: {type: array, items: {}, description: 'Passed over'},"
     "data: {type: array, minItems: 1, description: 'Rows with a value for each of the columns',"
     " items: {type: array, items: {}}}}}"},
    {"InvocationsRequest", true,
     "{description: 'Exactly one of the four', oneOf: ["
     "{type: object, required: [dataframe_split], properties: {dataframe_split: {ref: Split}}},"
     "{type: object, required: [dataframe_records], properties: {dataframe_records: {ref: Rows}}},"
     "{type: object, required: [instances], properties: {instances: {ref: Rows}}},"
     "{type: object, required: [inputs], properties: {inputs: {anyOf: [{ref: Columns}, {ref: Rows}]}}}]}"},
    {"InvocationsReply", true,
     "{type: object, required: [predictions], properties: {predictions:"
     " {type: array, minItems: 1, items: {ref: Answer}}}}"},

    /* TensorFlow Serving */
    {"V1PredictRequest", true,
     "{description: 'Rows in instances, or columns in inputs', oneOf: ["
     "{type: object, required: [instances], properties: {signature_name: {type: string}, instances: {ref: Rows}}},"
     "{type: object, required: [inputs], properties: {signature_name: {type: string},"
     " inputs: {anyOf: [{ref: Columns}, {ref: Rows}]}}}]}"},
    {"V1PredictReply", true,
     "{description: 'Predictions by row for instances, outputs by name for inputs', oneOf: ["
     "{type: object, required: [predictions], properties: {predictions: {type: array, minItems: 1, items: {ref: RowOutputs}}}},"
     "{type: object, required: [outputs], properties: {outputs: {ref: ColumnOutputs}}}]}"},
    {"V1Status", false,
     "{type: object, required: [name, ready, model_version_status], properties: {name: {type: string},"
     " ready: {type: boolean}, model_version_status: {type: array, minItems: 1, items: {type: object,"
     " required: [version, state, status], properties: {version: {type: string},"
     " state: {type: string, enum: [UNKNOWN, START, LOADING, AVAILABLE, UNLOADING, END]},"
     " status: {type: object, required: [error_code, error_message], properties: {error_code: {type: string},"
     " error_message: {type: string}}}}}}}}"},
    {"V1Metadata", false,
     "{type: object, required: [model_spec, metadata], properties: {"
     "model_spec: {type: object, required: [name, version], properties: {name: {type: string},"
     " signature_name: {type: string}, version: {type: string}}},"
     "metadata: {type: object, required: [signature_def], properties: {signature_def: {type: object}}}}}"},
    {"V1Models", false,
     "{type: object, required: [models, object, data], properties: {models: {type: array, items: {type: string}},"
     " object: {type: string, const: list}, data: {type: array, items: {type: object,"
     " required: [id, object, created, owned_by], properties: {id: {type: string},"
     " object: {type: string, const: model}, created: {type: integer}, owned_by: {type: string}}}}}}"},

    /* Open Inference Protocol */
    {"Live", false,
     "{type: object, required: [live], properties: {live: {type: boolean}}}"},
    {"Ready", false,
     "{type: object, required: [live, ready], properties: {live: {type: boolean}, ready: {type: boolean}}}"},
    {"ServerMetadata", false,
     "{type: object, required: [name, version, extensions], properties: {name: {type: string},"
     " version: {type: string}, extensions: {type: array, items: {type: string}}}}"},
    {"ModelNames", false,
     "{type: object, required: [models], properties: {models: {type: array, items: {type: string}}}}"},
    {"Datatype", false,
     "{type: string, enum: [BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, BF16, FP32,"
     " FP64, BYTES]}"},
    {"TensorMetadata", false,
     "{type: object, required: [name, datatype, shape], properties: {name: {type: string},"
     " datatype: {ref: Datatype}, shape: {type: array, items: {type: integer, minimum: -1}}}}"},
    {"ModelMetadata", false,
     "{type: object, required: [name, versions, platform, inputs, outputs], properties: {name: {type: string},"
     " versions: {type: array, items: {type: string}}, platform: {type: string},"
     " inputs: {type: array, items: {ref: TensorMetadata}}, outputs: {type: array, items: {ref: TensorMetadata}}}}"},
    {"ModelReady", false,
     "{type: object, required: [name, ready], properties: {name: {type: string}, ready: {type: boolean}}}"},
    {"RepositoryIndexRequest", false,
     "{type: object, properties: {ready: {type: boolean}}}"},
    {"RepositoryIndex", false,
     "{type: array, items: {type: object, required: [name, state, reason], properties: {name: {type: string},"
     " version: {type: string}, state: {type: string}, reason: {type: string}}}}"},
    {"Parameters", false,
     "{type: object, description: 'binary_data_size, binary_data, binary_data_output and classification mean something;"
     " others are passed over', additionalProperties: {type: [string, number, boolean]}}"},
    {"TensorData", false,
     "{type: array, description: 'Flat, or nested as the shape; null is a missing value',"
     " items: {anyOf: [{type: [number, string, boolean, 'null']}, {type: array, items: {}}]}}"},
    {"InferInput", true,
     "{type: object, required: [name, shape, datatype], properties: {name: {ref: FieldName},"
     " shape: {type: array, minItems: 1, maxItems: 8, items: {type: integer, minimum: 0},"
     " description: 'Rows, then values of a row'}, datatype: {ref: Datatype}, parameters: {ref: Parameters},"
     " data: {ref: TensorData}}}"},
    {"InferRequest", true,
     "{type: object, required: [inputs], properties: {id: {type: string}, parameters: {ref: Parameters},"
     " inputs: {type: array, minItems: 1, items: {ref: InferInput}},"
     " outputs: {type: array, maxItems: 16, items: {type: object, required: [name], properties: {"
     "name: {ref: OutputName}, parameters: {ref: Parameters}}}}}}"},
    {"InferReply", true,
     "{type: object, required: [model_name, id, parameters, outputs], properties: {model_name: {type: string},"
     " model_version: {type: string}, id: {type: string}, parameters: {type: object, required: [prediction_id],"
     " properties: {prediction_id: {type: string}}},"
     " outputs: {type: array, items: {type: object, required: [name, datatype, shape], properties: {"
     "name: {ref: OutputName}, datatype: {ref: Datatype}, shape: {type: array, items: {type: integer, minimum: 0}},"
     " parameters: {ref: Parameters}, data: {ref: TensorData}}}}}}"},
    {"Duration", false,
     "{type: object, required: [count, ns], properties: {count: {type: integer, minimum: 0},"
     " ns: {type: integer, minimum: 0}}}"},
    {"ModelStatistics", false,
     "{type: object, required: [model_stats], properties: {model_stats: {type: array, items: {type: object,"
     " required: [name, last_inference, inference_count, execution_count, inference_stats, batch_stats],"
     " properties: {name: {type: string}, version: {type: string}, last_inference: {type: integer},"
     " inference_count: {type: integer}, execution_count: {type: integer},"
     " inference_stats: {type: object, required: [success, fail, queue, compute_input, compute_infer, compute_output],"
     " additionalProperties: {ref: Duration}},"
     " batch_stats: {type: array, items: {type: object}}}}}}}"},
    {"ModelConfiguration", false,
     "{type: object, required: [name, platform, backend, max_batch_size, input, output], properties: {"
     "name: {type: string}, platform: {type: string}, backend: {type: string},"
     " max_batch_size: {type: integer}, input: {type: array, items: {type: object}},"
     " output: {type: array, items: {type: object}}}}"},

    /* hone's own */
    {"Feedback", false,
     "{type: object, required: [id, label], properties: {"
     "id: {type: string, minLength: 1, description: 'Of a prediction'},"
     "label: {type: [string, number, boolean], description: 'What was true'},"
     "time: {description: 'When it became known: ISO 8601, or µs since 1970', anyOf: ["
     "{type: string, format: date-time}, {type: integer, minimum: 1}, {type: 'null'}]},"
     "source: {type: [string, 'null'], minLength: 1, description: 'Who says so'}}}"},
    {"FeedbackRequest", false,
     "{anyOf: [{ref: Feedback}, {type: array, minItems: 1, items: {ref: Feedback}}]}"},
    {"FeedbackReply", false,
     "{type: object, required: [accepted, duplicates, unknown], properties: {"
     "accepted: {type: integer, minimum: 0}, duplicates: {type: integer, minimum: 0},"
     "unknown: {type: array, items: {type: string}, description: 'Ids of no prediction'}}}"},
    {"Status", false, "{type: object}"},
    {"Description", false, "{type: object, required: [openapi, info, paths]}"},
    {NULL, false, NULL},
};

#define V2 "Open Inference Protocol"
#define V1 "TensorFlow Serving"
#define ML "MLflow and SageMaker"
#define US "hone"

const struct hone_openapi_operation hone_openapi_operations[] = {
    {"/v2/models/{m}/infer", true, "infer", V2, "InferRequest", "InferReply", HONE_OPENAPI_BINARY},
    {"/v2/models/{m}/versions/{v}/infer", true, "inferVersion", V2, "InferRequest", "InferReply", HONE_OPENAPI_BINARY},
    {"/v2/health/live", false, "live", V2, NULL, "Live", 0},
    {"/v2/health/ready", false, "ready", V2, NULL, "Ready", 0},
    {"/v2", false, "serverMetadata", V2, NULL, "ServerMetadata", 0},
    {"/v2/models", false, "modelNames", V2, NULL, "ModelNames", 0},
    {"/v2/models/stats", false, "statistics", V2, NULL, "ModelStatistics", 0},
    {"/v2/repository/index", true, "repositoryIndex", V2, "RepositoryIndexRequest", "RepositoryIndex", 0},
    {"/v2/models/{m}", false, "modelMetadata", V2, NULL, "ModelMetadata", 0},
    {"/v2/models/{m}/ready", false, "modelReady", V2, NULL, "ModelReady", 0},
    {"/v2/models/{m}/stats", false, "modelStatistics", V2, NULL, "ModelStatistics", 0},
    {"/v2/models/{m}/config", false, "modelConfiguration", V2, NULL, "ModelConfiguration", 0},
    {"/v2/models/{m}/versions/{v}", false, "versionMetadata", V2, NULL, "ModelMetadata", 0},
    {"/v2/models/{m}/versions/{v}/ready", false, "versionReady", V2, NULL, "ModelReady", 0},
    {"/v2/models/{m}/versions/{v}/stats", false, "versionStatistics", V2, NULL, "ModelStatistics", 0},
    {"/v2/models/{m}/versions/{v}/config", false, "versionConfiguration", V2, NULL, "ModelConfiguration", 0},
    {"/v1/models/{m}:predict", true, "predictV1", V1, "V1PredictRequest", "V1PredictReply", 0},
    {"/v1/models/{m}/versions/{v}:predict", true, "predictV1Version", V1, "V1PredictRequest", "V1PredictReply", 0},
    {"/v1/models/{m}/labels/{l}:predict", true, "predictV1Label", V1, "V1PredictRequest", "V1PredictReply", 0},
    {"/v1/models", false, "modelsV1", V1, NULL, "V1Models", 0},
    {"/v1/models/{m}", false, "modelV1", V1, NULL, "V1Status", 0},
    {"/v1/models/{m}/versions/{v}", false, "versionV1", V1, NULL, "V1Status", 0},
    {"/v1/models/{m}/labels/{l}", false, "labelV1", V1, NULL, "V1Status", 0},
    {"/v1/models/{m}/metadata", false, "metadataV1", V1, NULL, "V1Metadata", 0},
    {"/v1/models/{m}/versions/{v}/metadata", false, "versionMetadataV1", V1, NULL, "V1Metadata", 0},
    {"/invocations", true, "invocations", ML, "InvocationsRequest", "InvocationsReply", HONE_OPENAPI_CSV_IN | HONE_OPENAPI_CSV_OUT},
    {"/ping", false, "ping", ML, NULL, "text/plain", 0},
    {"/health", false, "health", ML, NULL, "text/plain", 0},
    {"/predict", true, "predict", US, "PredictRequest", "PredictReply", HONE_OPENAPI_CSV_IN},
    {"/feedback", true, "feedback", US, "FeedbackRequest", "FeedbackReply", 0},
    {"/metrics", false, "metrics", US, NULL, "text/plain", 0},
    {"/status", false, "status", US, NULL, "Status", 0},
    {"/openapi.json", false, "description", US, NULL, "Description", 0},
    {"/", false, "page", US, NULL, "text/html", 0},
    {NULL, false, NULL, NULL, NULL, NULL, 0},
};
/* clang-format on */

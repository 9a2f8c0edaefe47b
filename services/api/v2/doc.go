// Package v2 is the dialect under /v2: problem details, paging, conditional
// requests, idempotency keys, time travel, and feeds of events.
// /v2/openapi.json describes its routes, and those of the other dialects.
//
// Each struct is a few routes with what they need and no more: jobs, tasks,
// feeds, explainer, about.
package v2

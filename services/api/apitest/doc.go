// Package apitest has what tests of the api and of its dialects stand on: a whole
// service on a log in memory, what the other services would write, requests whose
// answers are held to the OpenAPI document, and a client of feeds.
package apitest

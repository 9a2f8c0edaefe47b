// Package browser tests the page of the api in a headless Chromium: what users do there,
// and what pages of other sites cannot.
package browser

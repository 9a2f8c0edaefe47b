// Package page is the page at / that shows jobs, tasks and events live. It also
// answers for every path that no dialect has.
package page

// Package eventlogtest is the suite that every eventlog.Log must pass to be put
// in the place of another. A store's own test calls Run with a function that
// makes an empty log, and says by the optional parts of Harness what the suite
// can do to it beyond using it: lose answers, forget, damage, restart.
package eventlogtest

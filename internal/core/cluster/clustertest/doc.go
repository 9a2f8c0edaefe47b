// Package clustertest writes small logs for tests of the core: it folds real
// events, one by one, so that a state in a test is one that a log can lead to.
package clustertest

// Package snapshottest is the suite that any store of snapshots must pass.
package snapshottest

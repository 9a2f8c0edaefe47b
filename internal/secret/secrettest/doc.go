// Package secrettest is the suite that every secret.Provider must pass.
package secrettest

// Package objectstest is the suite that every objects.Store must pass.
package objectstest

// Package certtest makes certificates for tests, in files.
package certtest

// Package tokenfile keeps tokens in files that nobody else can read: one by itself, and
// those that the command line has signed in with, by the address of their api. A file that
// others may read is refused, since they may have read it.
package tokenfile

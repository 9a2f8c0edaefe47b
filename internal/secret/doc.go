// Package secret gets what tasks are not to have written down anywhere: passwords, keys, tokens.
//
// A Provider is where secrets are kept: a directory of files, the environment of the process, or Vault (package
// vault). A Value is a secret in memory. It prints as [secret] whatever is done with it, and is wiped when it
// is of no more use. The wiping is a best effort: what a value was copied into on its way, by a TLS connection or an HTTP
// client, is the garbage collector's.
//
// What a provider says of a failure may hold anything, the secret among it. Only what an Error says is for others to
// read: its words are taurus' own.
package secret

// Package snapshot keeps states of the fold, so that nobody has to fold from the beginning.
//
//	<sequence>-<time>-<format>
//	  {"taurus_snapshot":1,"format":"...","log":"...","sequence":50000,...}     the header
//	  4f0c...                                                                   SHA-256 over the rest
//	  zstd of what cluster.Encode writes
//
// A snapshot is made at a seal, and has what is needed to go on behind it: the state, the hash
// of the log up to there, and what the seal says. It is never the truth. Whoever begins at one
// holds it against the log first (internal/fold), and what cannot be read, or is of another
// format, is passed over: to remove all of them costs nothing but time.
//
// Each stands under a name of its own in a [Store], whole or not at all.
package snapshot

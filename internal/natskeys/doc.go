// Package natskeys makes the keys that roles prove to NATS who they are with, and
// keeps them in files: the secret half where the role runs, the public half where
// NATS runs. A secret is never printed, and a file that others may read is refused.
//
//	<dir>/<role>/seed.nk     the secret of a role, for its host alone
//	<dir>/server/<role>.pub  what NATS servers know the role by
//	<dir>/server/cluster.conf  how the servers of a cluster reach and know each other,
//	                           with the password in cluster.key
//
// Making them again after a crash goes on where it was; a key that is there stays.
package natskeys

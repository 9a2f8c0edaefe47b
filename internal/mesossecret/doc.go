// Package mesossecret makes what a framework proves to Mesos who it is with, in files:
//
//	<dir>/client/secret            the secret, for launchers, reapers and apis
//	<dir>/mesos/credentials.json   principal and secret, as masters and agents take them
//
// A secret that is there stays; what Mesos takes is written of it each time.
package mesossecret

// Package servercert makes the certificate that a server starts with where nobody has one
// yet: an authority of its own, and a certificate that it signs, in files.
//
//	<dir>/authority/key.pem  the key of the authority; nobody needs it but this package
//	<dir>/public/ca.pem      the certificate of the authority, which clients trust
//	<dir>/server/key.pem     the key of the server
//	<dir>/server/cert.pem    the certificate of the server
//
// Making them again changes nothing of what is there and good. What is missing, as after a
// crash between two files, does not fit, is about to end, or lacks a name is made anew of
// what is there, so that clients go on with the authority that they have.
package servercert

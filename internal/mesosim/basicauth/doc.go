// Package basicauth is the HTTP basic authentication of masters and agents
// (RFC 7617; mesos-v1, section 6). A request that fails it is answered 401 with
// the realm that it was for.
package basicauth

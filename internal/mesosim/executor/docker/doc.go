// Package docker runs tasks as Docker containers through the Engine API, as
// Mesos' docker containerizer does with the docker command (mesos-v1, section 8;
// states and texts: 4.2).
//
// A container is named mesos-<container id> and labelled with its agent, so
// several agents can share an engine: each finds, stops and removes its own
// containers only. Whether a container was created, started or has ended is
// asked of the engine, never remembered, so an agent that died between any two
// calls starts nothing twice. When a container's terminal state is stored, the
// container is removed at once (Mesos keeps it for six hours); its output is in
// the sandbox.
//
// Output is copied from the engine's log into the sandbox' stdout and stderr. The
// files' own sizes say how far the copy has come: after a restart it reads the
// log from its beginning and leaves out as many bytes of each stream as the file
// has. So nothing is lost and nothing is there twice, whenever the agent died,
// and no offset can disagree with the file. It costs a reading of the log per
// restart, and asks that nobody else writes to the two files; therefore the log
// driver is always json-file without rotation.
//
// Differences from Mesos: parameters are translated, not handed to a command
// line, so only the known ones work; HTTP and TCP health checks connect to the
// container's address from outside instead of to 127.0.0.1 inside its network; a
// registry's credentials in the sandbox are not used. With Options.TellEnds statuses
// say of ends what Docker knows of them, and Mesos' docker executor does not tell.
package docker

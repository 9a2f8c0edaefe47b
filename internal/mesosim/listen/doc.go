// Package listen opens the port of a master or agent. One that was killed while
// it started a task leaves its port with that child for the moment between fork
// and exec; whoever starts it again at once must wait that moment out, not fail.
package listen

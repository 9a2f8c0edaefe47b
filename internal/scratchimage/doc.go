// Package scratchimage makes a Docker image FROM scratch out of one executable,
// for machines whose Docker can pull nothing: no registry is asked, and nothing
// but the Engine API is needed.
//
// The executable may be static, or dynamic with its interpreter and libraries on
// this machine; those go to the same paths in the image. An image that is there
// already with the same content is left as it is, so building is cheap to repeat
// and safe to interrupt: the engine tags an image only once all of it arrived.
package scratchimage

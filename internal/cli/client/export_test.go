package client

// Frames is for tests.
var Frames = frames

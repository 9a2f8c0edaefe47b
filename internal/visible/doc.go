// Package visible tells what of a text its readers see. Names that look alike and are
// not, and texts that read otherwise than they are, are how one is taken for another: a
// blank of no width, a turn of the direction in which a line is read. Letters that only
// look like others are what people write in, and are let be.
package visible

package presence

import "errors"

// errNotLooked is what a watch knows before its first look.
var errNotLooked = errors.New("which parts are there is not known yet")

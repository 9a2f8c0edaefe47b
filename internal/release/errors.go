package release

import "errors"

var (
	// ErrReplace is returned when a go.mod has a replace directive: go install of
	// a version refuses such a module.
	ErrReplace = errors.New("a replace directive in a go.mod")

	// ErrCircle is returned when modules need one another in a circle: no order
	// would let each be hashed before what needs it.
	ErrCircle = errors.New("modules that need one another in a circle")

	// ErrVersion is returned for what no module here can have as its version.
	ErrVersion = errors.New("not a version")

	// ErrUnclean is returned when there are changes that were not committed.
	ErrUnclean = errors.New("uncommitted changes: commit them or put them away first")

	// ErrReleased is returned when there is such a version already.
	ErrReleased = errors.New("there is such a version already: take the next")
)

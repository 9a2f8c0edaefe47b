package events

import (
	"maps"
	"slices"
)

// KnownTypes lists the types in the registry.
func KnownTypes() []string { return slices.Sorted(maps.Keys(decoders)) }
